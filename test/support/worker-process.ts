import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Outcome, RunOptions, World } from './world.ts';

const maxWaitMs = 20_000;

// biome-ignore lint/suspicious/noExplicitAny: log lines have whatever fields they have
export type WorkerLine = any;

/** `start` in a process of its own, followed line by line. */
export interface WorkerProcess {
  child: ChildProcess;
  /** All lines so far. */
  lines: WorkerLine[];
  /** The next line with this message that was not waited for before. */
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
  /** One for each wait that goes on, in the order of their beginning. */
  const lookers = new Set<() => void>();
  const lookAgain = (): void => {
    for (const look of lookers) look();
  };
  let isOver = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
    lookAgain();
  });
  child.once('close', () => {
    isOver = true;
    lookAgain();
  });

  return {
    child,
    lines,
    outcome,
    line(msg) {
      return new Promise((resolve, reject) => {
        const giveUp = (problem: string): void => {
          lookers.delete(look);
          reject(new Error(`${problem} before "${msg}":\n${lines.map((line) => JSON.stringify(line)).join('\n')}`));
        };
        // A wait that nobody awaits must not hold up the end of the tests.
        const guard = setTimeout(() => giveUp('too long'), maxWaitMs).unref();
        const look = (): void => {
          const from = seen.get(msg) ?? 0;
          const index = lines.findIndex((line, at) => at >= from && line.msg === msg);
          if (index === -1 && !isOver) return;
          clearTimeout(guard);
          if (index === -1) {
            giveUp('the worker ended');
            return;
          }
          lookers.delete(look);
          seen.set(msg, index + 1);
          resolve(lines[index]);
        };
        lookers.add(look);
        look();
      });
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await outcome;
    },
  };
}
