import fs, { writeFileSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import BetterSqlite3 from 'better-sqlite3';

/**
 * Loaded into the tested program with `NODE_OPTIONS=--import`. It changes only two things. The clock is ahead,
 * so that tests need not wait for hours. And the process can kill itself with SIGKILL right before or after an
 * SQL statement or a change of the file system, because the program gets the class and the functions below instead of
 * SQLite's and Node's.
 */
export interface DoomedOptions {
  clockAheadMs: number;
  /** When the process ends by itself, it writes to this file every SQL statement or function, and how often it executed each. */
  statementsFile: string;
  death: StatementDeath | null;
}

export interface StatementDeath {
  when: 'before' | 'after';
  /** An SQL statement, or the name of a function of `node:fs`. */
  sql: string;
  /** Which execution of the statement, from 1. */
  execution: number;
}

const options: DoomedOptions | null = JSON.parse(process.env.DOOMED_PROCESS ?? 'null');
const executions = new Map<string, number>();

function watched<T>(sql: string, execute: () => T): T {
  executions.set(sql, (executions.get(sql) ?? 0) + 1);
  dieAt('before', sql);
  const result = execute();
  dieAt('after', sql);
  return result;
}

function dieAt(when: StatementDeath['when'], sql: string): void {
  const death = options?.death;
  if (death?.when !== when || death.sql !== sql || executions.get(sql) !== death.execution) return;
  process.kill(process.pid, 'SIGKILL');
}

// biome-ignore lint/style/noDefaultExport: it takes the place of the library, which has one
export default class DoomedDatabase extends BetterSqlite3 {
  override exec(sql: string): this {
    return watched(sql, () => super.exec(sql));
  }

  override pragma(source: string, pragmaOptions?: BetterSqlite3.PragmaOptions): unknown {
    return watched(`PRAGMA ${source}`, () => super.pragma(source, pragmaOptions));
  }

  override close(): this {
    return watched('close', () => super.close());
  }

  override prepare<Parameters extends unknown[] | object, Row>(sql: string) {
    const statement = super.prepare<Parameters, Row>(sql);
    for (const method of ['run', 'get', 'all', 'iterate']) {
      const execute: (...args: unknown[]) => unknown = Object(statement)[method].bind(statement);
      Reflect.set(statement, method, (...args: unknown[]) => watched(sql, () => execute(...args)));
    }
    return statement;
  }
}

const changesOfFiles = [
  'openSync',
  'closeSync',
  'fsyncSync',
  'renameSync',
  'rmSync',
  'mkdirSync',
  'chmodSync',
] as const;

if (options !== null) {
  for (const name of changesOfFiles) {
    const execute: (...args: unknown[]) => unknown = Object(fs)[name];
    Reflect.set(fs, name, (...args: unknown[]) => watched(name, () => execute(...args)));
  }
  syncBuiltinESMExports();
  const { clockAheadMs, statementsFile } = options;
  const RealDate = Date;
  const now = (): number => RealDate.now() + clockAheadMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'better-sqlite3' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
  });
  process.on('exit', () => writeFileSync(statementsFile, JSON.stringify([...executions])));
}
