import { writeSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';

// Loaded into the program under proof (`NODE_OPTIONS=--import`): says on stderr that a write transaction is about to
// begin, for which it then waits if another connection writes.
const probe = new BetterSqlite3(':memory:');
const statement = Object.getPrototypeOf(probe.prepare('SELECT 1'));
probe.close();
const run = statement.run;
statement.run = function (this: BetterSqlite3.Statement, ...args: unknown[]) {
  if (this.source === 'BEGIN IMMEDIATE') writeSync(2, 'begins a write transaction\n');
  return Reflect.apply(run, this, args);
};
