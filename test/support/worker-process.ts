import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Outcome, RunOptions, World } from './world.ts';

const longestWaitMs = 20_000;

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
  let look: () => void = () => {};
  let isOver = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
    look();
  });
  child.once('close', () => {
    isOver = true;
    look();
  });

  return {
    child,
    lines,
    outcome,
    line(msg) {
      return new Promise((resolve, reject) => {
        const tell = (problem: string): void =>
          reject(new Error(`${problem} before "${msg}":\n${lines.map((line) => JSON.stringify(line)).join('\n')}`));
        // A wait that lost a race stays behind and must not hold up the end of the tests.
        const guard = setTimeout(() => tell('too long'), longestWaitMs).unref();
        look = () => {
          const from = seen.get(msg) ?? 0;
          const index = lines.findIndex((line, at) => at >= from && line.msg === msg);
          if (index === -1 && !isOver) return;
          clearTimeout(guard);
          look = () => {};
          if (index === -1) return tell('the worker ended');
          seen.set(msg, index + 1);
          resolve(lines[index]);
        };
        look();
      });
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await outcome;
    },
  };
}
