import { writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { statementPrototype } from '../../support/statement-prototype.ts';

/**
 * Loaded into the program under proof (`NODE_OPTIONS=--import`), which it leaves as it is, but for two
 * things: the clock is some way ahead, so that hours pass without anybody waiting, and the process
 * can kill itself with SIGKILL right before or after a statement of SQLite.
 */
export interface DoomedOptions {
  clockAheadMs: number;
  /** Written when the process ends by itself: every SQL statement that it executed, once. */
  statementsFile: string;
  death: StatementDeath | null;
}

export interface StatementDeath {
  when: 'before' | 'after';
  sql: string;
  /** Which of its executions, from 1. */
  execution: number;
}

const options: DoomedOptions = JSON.parse(process.env.DOOMED_PROCESS ?? 'null');
if (options !== null) {
  setClockAhead(options.clockAheadMs);
  watchStatements(options);
}

function setClockAhead(aheadMs: number): void {
  const RealDate = Date;
  const now = (): number => RealDate.now() + aheadMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}

function watchStatements({ death, statementsFile }: DoomedOptions): void {
  const executions = new Map<string, number>();
  const passes = (when: StatementDeath['when'], sql: string): void => {
    if (death === null || death.when !== when || death.sql !== sql) return;
    if (executions.get(sql) === death.execution) process.kill(process.pid, 'SIGKILL');
  };

  function watch(prototype: object, method: string, sqlOf: (self: unknown, args: unknown[]) => string): void {
    const original: (...args: unknown[]) => unknown = Reflect.get(prototype, method);
    Reflect.set(prototype, method, function (this: unknown, ...args: unknown[]) {
      const sql = sqlOf(this, args);
      executions.set(sql, (executions.get(sql) ?? 0) + 1);
      passes('before', sql);
      const answer = Reflect.apply(original, this, args);
      passes('after', sql);
      return answer;
    });
  }

  for (const method of ['run', 'get', 'all', 'iterate']) {
    watch(statementPrototype, method, (self) => (self as BetterSqlite3.Statement).source);
  }
  // Pragmas, migrations, the audit lock; a pragma is an execution as well.
  watch(BetterSqlite3.prototype, 'exec', (_self, [sql]) => String(sql));
  process.on('exit', () => writeFileSync(statementsFile, JSON.stringify([...executions])));
}
