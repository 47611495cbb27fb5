import BetterSqlite3 from 'better-sqlite3';

const probe = new BetterSqlite3(':memory:');
/** What all statements of SQLite in this process inherit from; the library does not export it. */
export const statementPrototype = Object.getPrototypeOf(probe.prepare('SELECT 1'));
probe.close();
