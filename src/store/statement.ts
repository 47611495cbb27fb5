import type { Database } from './database.ts';

/** The type of a result column, and how to convert SQLite's value to it. */
export interface Column<Value> {
  /** Omitted if SQLite's value needs no conversion. */
  readonly read?: (value: never) => Value;
  /** Never set. It carries the type for the compiler. */
  readonly value?: Value;
}

/** The columns of a result, by their names in the SQL. */
export type Shape = Readonly<Record<string, Column<unknown>>>;

/** The type of a row with this shape. */
export type RowOf<Columns extends Shape> = {
  [Name in keyof Columns]: Columns[Name] extends Column<infer Value> ? Value : never;
};

export const integer: Column<number> = {};
export const text: Column<string> = {};
/** 0 or 1. */
export const boolean: Column<boolean> = { read: (value: number) => value === 1 };

/** UTC ISO-8601. */
export const instant: Column<Date> = { read: (value: string) => new Date(value) };

/** Text with a limited set of values, which a CHECK or this program guarantees. */
export function textOf<Value extends string>(): Column<Value> {
  return {};
}

/** JSON that this program has written. */
export function jsonOf<Value>(): Column<Value> {
  return { read: (json: string) => JSON.parse(json) };
}

/** A column that may be NULL. */
export function nullable<Value>({ read }: Column<Value>): Column<Value | null> {
  return read === undefined ? {} : { read: (value: never) => (value === null ? null : read(value)) };
}

/** Returns the SQL that selects the columns of a shape, whose names are in camelCase, from the table with this alias. */
export function columnsOf(alias: string, shape: Shape): string {
  const columnOf = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.keys(shape)
    .map((name) => `${alias}.${columnOf(name)} AS ${name}`)
    .join(', ');
}

/** Values for the named parameters (`@name`) of a statement. */
export type NamedValues = Readonly<Record<string, string | number | null>>;

/** A prepared statement that returns no rows. */
export interface Statement<Parameters extends unknown[]> {
  /** Runs the statement. Returns the number of rows that it changed and the id of the last row that it inserted. */
  run(...parameters: Parameters): { changes: number; lastId: number };
  /** Returns the same statement as a query for rows. @throws Error when its columns differ from those of the shape. */
  returning<Columns extends Shape>(columns: Columns): Query<Parameters, RowOf<Columns>>;
  /** Returns the same statement as a query for a single column, whatever its name. */
  returningOne<Value>(column: Column<Value>): Query<Parameters, Value>;
}

/** A prepared statement that returns rows. */
export interface Query<Parameters extends unknown[], Row> {
  /** Returns the first row; null if there is none. */
  get(...parameters: Parameters): Row | null;
  all(...parameters: Parameters): Row[];
  /** Reads row by row. The connection must not write until the iteration has ended. */
  iterate(...parameters: Parameters): Generator<Row>;
}

/**
 * Prepares a statement. Repositories and history prepare statements only with this function, so that a query whose
 * columns differ from its row type fails as soon as it is prepared.
 */
export function prepare<Parameters extends unknown[] = []>(db: Database, sql: string): Statement<Parameters> {
  const statement = db.prepare<unknown[], never>(sql);
  return {
    run(...parameters) {
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { changes, lastId: Number(lastInsertRowid) };
    },
    returning(columns) {
      requireColumns(
        statement.columns().map(({ name }) => name),
        Object.keys(columns),
        sql,
      );
      const readers = Object.entries(columns).flatMap(([name, { read }]) => (read ? [[name, read] as const] : []));
      if (readers.length === 0) return query(statement, null);
      // Converts in place: the row was created for this call.
      return query(statement, (row: Record<string, unknown>) => {
        for (const [name, read] of readers) row[name] = read(row[name] as never);
        return row;
      });
    },
    returningOne({ read }) {
      if (statement.columns().length !== 1) throw new Error(`expected one column: ${sql}`);
      return query(statement.pluck(), read ?? null);
    },
  };
}

interface RawStatement {
  get(...parameters: unknown[]): never | undefined;
  all(...parameters: unknown[]): never[];
  iterate(...parameters: unknown[]): IterableIterator<never>;
}

function query<Parameters extends unknown[], Row>(
  statement: RawStatement,
  convert: ((row: never) => unknown) | null,
): Query<Parameters, Row> {
  const toRow = (convert ?? ((row) => row)) as (row: never) => Row;
  return {
    get(...parameters) {
      const row = statement.get(...parameters);
      return row === undefined ? null : toRow(row);
    },
    // Avoids copying rows that need no conversion, because an audit reads a hundred thousand of them.
    all: (...parameters) => (convert === null ? statement.all(...parameters) : statement.all(...parameters).map(toRow)),
    *iterate(...parameters) {
      for (const row of statement.iterate(...parameters)) yield toRow(row);
    },
  };
}

function requireColumns(found: readonly string[], expected: readonly string[], sql: string): void {
  const missing = expected.filter((name) => !found.includes(name));
  const surplus = found.filter((name) => !expected.includes(name));
  if (missing.length + surplus.length === 0) return;
  throw new Error(`the columns differ from the row type: missing [${missing}], unexpected [${surplus}]: ${sql}`);
}
