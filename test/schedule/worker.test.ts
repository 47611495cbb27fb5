import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DatabaseError } from '../../src/errors.ts';
import { runDeliveries } from '../../src/schedule/deliveries.ts';
import { isWorkerAlive } from '../../src/schedule/liveness-file.ts';
import { runWorker, type WorkerDeps } from '../../src/schedule/worker.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { createFakeClock, someMorning } from '../support/fake-clock.ts';
import { type LogLine, recordLog } from '../support/log-lines.ts';
import { msPerHour } from '../support/spans.ts';
import { tempDatabase, tempFolder } from '../support/temp-folder.ts';

/** Runs the worker on a fake clock until its second audit has ended. Returns its log. */
async function work(databasePath: string, changes: Partial<WorkerDeps>): Promise<LogLine[]> {
  const stop = new AbortController();
  const { log, lines } = recordLog();
  let auditCount = 0;
  const deps: WorkerDeps = {
    schedule: createCronSchedule('0 7 * * *', 'UTC'),
    expression: '0 7 * * *',
    timeZone: 'UTC',
    databasePath,
    clock: createFakeClock(),
    log,
    runs: () => [],
    audit: async () => {},
    deliver: async () => null,
    ...changes,
  };
  await runWorker(
    {
      ...deps,
      async audit(trigger, signal) {
        auditCount += 1;
        if (auditCount === 2) stop.abort(new Error('enough'));
        await deps.audit(trigger, signal);
      },
    },
    AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]),
  );
  assert.equal(auditCount, 2);
  return lines;
}

describe('the worker', () => {
  test('logs its schedule when it starts, and that it stopped', async (context) => {
    const log = await work(tempDatabase(context), {});
    assert.equal(log[0]?.msg, 'worker started');
    assert.equal(log[0]?.schedule, '0 7 * * *');
    assert.equal(log[0]?.timeZone, 'UTC');
    assert.equal(log.at(-1)?.msg, 'worker stopped');
  });

  const failures: [name: string, changes: Partial<WorkerDeps>, message: string][] = [
    [
      'an audit could not start',
      { audit: () => Promise.reject(new DatabaseError('the disk is gone')) },
      'the audit could not start',
    ],
    [
      'the runs cannot be read',
      {
        runs() {
          throw new DatabaseError('no database');
        },
      },
      'cannot read the database',
    ],
    [
      'mail cannot be delivered',
      { deliver: () => Promise.reject(new Error('no mail today')) },
      'mail could not be delivered',
    ],
  ];
  for (const [name, changes, message] of failures) {
    test(`continues to audit when ${name}, and logs the error`, async (context) => {
      const log = await work(tempDatabase(context), changes);
      const line = log.find(({ msg }) => msg === message);
      assert.equal(line?.level, 'error');
      assert.ok(Object(line.err).message);
    });
  }

  test('keeps a liveness file next to the database until it stops', async (context) => {
    const path = tempDatabase(context);
    const clock = createFakeClock();
    const seen: boolean[] = [];
    const audit = async () => {
      const later = new Date(clock.now().getTime() + 3 * msPerMinute);
      seen.push(isWorkerAlive(path, clock.now()), isWorkerAlive(path, later));
    };
    assert.equal(isWorkerAlive(path, someMorning), false);
    await work(path, { clock, audit });
    assert.deepEqual(seen.slice(0, 2), [true, false]);
    assert.equal(isWorkerAlive(path, clock.now()), false);
  });

  for (const [what, make] of [
    ['a link', (path: string, victim: string) => symlinkSync(victim, path)],
    ['a named pipe', (path: string) => spawnSync('mkfifo', [path])],
  ] as const) {
    test(`replaces ${what} where its liveness file should be, and never writes to one`, async (context) => {
      const path = tempDatabase(context);
      const victim = join(tempFolder(context), 'victim');
      const clock = createFakeClock();
      const seen: boolean[] = [];
      make(`${path}.worker`, victim);
      const audit = async () => {
        seen.push(isWorkerAlive(path, clock.now()));
        rmSync(`${path}.worker`);
        make(`${path}.worker`, victim);
      };
      const log = await work(path, { clock, audit });
      assert.equal(seen[0], true);
      assert.ok(log.some(({ msg }) => String(msg).startsWith('cannot write the liveness file')));
      assert.equal(existsSync(victim), false);
    });
  }

  test('continues when it cannot write the liveness file', async (context) => {
    await work(join(tempFolder(context), 'gone', 'audit.db'), {});
  });
});

test('mail is delivered when the next delivery is due, but after a second at the earliest and a minute at the latest', async () => {
  const clock = createFakeClock();
  const stop = new AbortController();
  const { log, lines } = recordLog();
  const untilDueMs = [null, 20_000, -5000, msPerHour, 'fails'] as const;
  let count = 0;
  await runDeliveries(
    {
      clock,
      log,
      async deliver() {
        const untilMs = untilDueMs[count++];
        if (untilMs === undefined) stop.abort(new Error('stop'));
        if (untilMs === 'fails') throw new Error('the database is busy');
        return typeof untilMs === 'number' ? new Date(clock.now().getTime() + untilMs) : null;
      },
    },
    stop.signal,
  );
  assert.deepEqual(clock.sleeps.slice(0, 5), [msPerMinute, 20_000, 1000, msPerMinute, msPerMinute]);
  assert.deepEqual(
    lines.map(({ level, msg }) => `${level} ${msg}`),
    ['error mail could not be delivered'],
  );
});
