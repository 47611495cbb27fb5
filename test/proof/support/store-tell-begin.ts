import { writeSync } from 'node:fs';
import type BetterSqlite3 from 'better-sqlite3';
import { statementPrototype } from '../../support/statement-prototype.ts';

// Loaded into the program under proof (`NODE_OPTIONS=--import`): says on stderr that a write transaction is about to
// begin, for which it then waits if another connection writes.
const run = statementPrototype.run;
statementPrototype.run = function (this: BetterSqlite3.Statement, ...args: unknown[]) {
  if (this.source === 'BEGIN IMMEDIATE') writeSync(2, 'begins a write transaction\n');
  return Reflect.apply(run, this, args);
};
