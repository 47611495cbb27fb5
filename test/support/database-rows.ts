import BetterSqlite3 from 'better-sqlite3';

export type Row = Record<string, unknown>;

/** Returns every row of every table, as another program sees them, for example to prove that nothing was written. */
export function readTables(path: string): Record<string, Row[]> {
  const db = new BetterSqlite3(path, { readonly: true });
  try {
    const names = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
    return Object.fromEntries(names.map((name) => [name, db.prepare<[], Row>(`SELECT * FROM "${name}"`).all()]));
  } finally {
    db.close();
  }
}

/** Returns the first column of all rows. */
export function readColumn(path: string, sql: string): unknown[] {
  const db = new BetterSqlite3(path, { fileMustExist: true });
  try {
    // Not opened read-only: SQLite may first have to roll back what a killed process left unfinished.
    db.pragma('query_only = ON');
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
}

/** Changes a database behind the program's back: with one statement and its values, or with several without values. */
export function execute(path: string, sql: string, ...values: unknown[]): void {
  const db = new BetterSqlite3(path);
  try {
    if (values.length === 0) db.exec(sql);
    else db.prepare(sql).run(...values);
  } finally {
    db.close();
  }
}
