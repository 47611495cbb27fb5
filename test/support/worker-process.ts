import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Outcome, RunOptions, World } from './world.ts';

const maxWaitMs = 60_000;

// biome-ignore lint/suspicious/noExplicitAny: log lines have whatever fields they have
export type WorkerLine = any;

/** `start` in its own process. A test can follow its log line by line. */
export interface WorkerProcess {
  child: ChildProcess;
  /** All log lines so far. */
  lines: WorkerLine[];
  /** Waits for the next line with this message. Each call returns a later line. */
  line(msg: string): Promise<WorkerLine>;
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
  outcome: Promise<Outcome>;
}

export function startWorker(world: World, options: RunOptions = {}): WorkerProcess {
  const { child, outcome } = world.start(['start'], {
    ...options,
    env: { OMNI_REQUESTS_PER_MINUTE: '6000', AUDIT_CRON: '0 0 1 1 *', ...options.env },
  });
  assert.ok(child.stdout);
  const lines: WorkerLine[] = [];
  const seen = new Map<string, number>();
  /** One check for each call of `line` that is waiting, in the order of the calls. */
  const waiting = new Set<() => void>();
  const checkAll = (): void => {
    for (const check of waiting) check();
  };
  let isOver = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
    checkAll();
  });
  child.once('close', () => {
    isOver = true;
    checkAll();
  });

  return {
    child,
    lines,
    outcome,
    line(msg) {
      return new Promise((resolve, reject) => {
        const giveUp = (problem: string): void => {
          waiting.delete(check);
          reject(new Error(`${problem} before "${msg}":\n${lines.map((line) => JSON.stringify(line)).join('\n')}`));
        };
        // Unreferenced, so that an abandoned wait does not keep the test process alive.
        const guard = setTimeout(() => giveUp('too long'), maxWaitMs).unref();
        const check = (): void => {
          const from = seen.get(msg) ?? 0;
          const index = lines.findIndex((line, at) => at >= from && line.msg === msg);
          if (index === -1 && !isOver) return;
          clearTimeout(guard);
          if (index === -1) {
            giveUp('the worker ended');
            return;
          }
          waiting.delete(check);
          seen.set(msg, index + 1);
          resolve(lines[index]);
        };
        waiting.add(check);
        check();
      });
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await outcome;
    },
  };
}
