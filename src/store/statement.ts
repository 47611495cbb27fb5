import type { Database } from './database.ts';

/** What a result column holds: how SQLite's value becomes ours. `Value` exists for the compiler. */
export interface Column<Value> {
  /** Left out where SQLite's value is ours already. */
  readonly read?: (value: never) => Value;
  /** Never set: it carries the type. */
  readonly value?: Value;
}

/** The columns of a result by the names that its SQL gives them. */
export type Shape = Readonly<Record<string, Column<unknown>>>;

/** The row type that a shape describes. */
export type RowOf<Columns extends Shape> = {
  [Name in keyof Columns]: Columns[Name] extends Column<infer Value> ? Value : never;
};

export const integer: Column<number> = {};
export const text: Column<string> = {};
/** 0 or 1. */
export const boolean: Column<boolean> = { read: (value: number) => value === 1 };

/** UTC ISO-8601. */
export const instant: Column<Date> = { read: (value: string) => new Date(value) };

/** Text of which a CHECK or this program lets only some values in. */
export function textOf<Value extends string>(): Column<Value> {
  return {};
}

/** JSON that this program wrote. */
export function jsonOf<Value>(): Column<Value> {
  return { read: (json: string) => JSON.parse(json) };
}

/** A column that may be NULL. */
export function nullable<Value>({ read }: Column<Value>): Column<Value | null> {
  return read === undefined ? {} : { read: (value: never) => (value === null ? null : read(value)) };
}

/** Selects the columns of a shape from the table with that alias. The shape's names are the columns' in camelCase. */
export function columnsOf(alias: string, shape: Shape): string {
  const columnOf = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.keys(shape)
    .map((name) => `${alias}.${columnOf(name)} AS ${name}`)
    .join(', ');
}

/** Values for the `@names` of a statement. */
export type NamedValues = Readonly<Record<string, string | number | null>>;

/** A prepared statement that returns no rows. */
export interface Statement<Parameters extends unknown[]> {
  /** Runs it and returns how many rows it changed, and the id of the last one that it inserted. */
  run(...parameters: Parameters): { changes: number; lastId: number };
  /** The same statement as one that returns rows. @throws Error when its columns are not those of the shape. */
  returning<Columns extends Shape>(columns: Columns): Query<Parameters, RowOf<Columns>>;
  /** The same statement as one that returns a single column of any name. */
  returningOne<Value>(column: Column<Value>): Query<Parameters, Value>;
}

/** A prepared statement that returns rows. */
export interface Query<Parameters extends unknown[], Row> {
  /** The first row; null when there is none. */
  get(...parameters: Parameters): Row | null;
  all(...parameters: Parameters): Row[];
  /** Row by row. Nothing may be written with the same connection meanwhile. */
  iterate(...parameters: Parameters): Generator<Row>;
}

/**
 * Prepares a statement. This is the only way in which the program prepares one, so that the columns
 * of every statement are compared with its row type as soon as it is made.
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
      // In place: the row was made for this call.
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
    // Most rows are ours as they are, and an audit reads a hundred thousand of them.
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
  throw new Error(`a statement lacks the columns [${missing}] and has [${surplus}] besides its row type: ${sql}`);
}
