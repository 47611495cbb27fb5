import BetterSqlite3 from 'better-sqlite3';

const probe = new BetterSqlite3(':memory:');
/** The prototype of all SQLite statements in this process. The library does not export it. */
export const statementPrototype = Object.getPrototypeOf(probe.prepare('SELECT 1'));
probe.close();
