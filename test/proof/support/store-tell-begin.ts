import { writeSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';

// Loaded into the program under proof (`NODE_OPTIONS=--import`): says on stderr that a write transaction is about to
// begin, for which it then waits if another connection writes.
const exec = BetterSqlite3.prototype.exec;
BetterSqlite3.prototype.exec = function (this: BetterSqlite3.Database, sql: string) {
  if (sql === 'BEGIN IMMEDIATE') writeSync(2, 'begins a write transaction\n');
  return Reflect.apply(exec, this, [sql]);
};
