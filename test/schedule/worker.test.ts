import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AuditLockedError, DatabaseError } from '../../src/errors.ts';
import { isWorkerAlive } from '../../src/schedule/liveness-file.ts';
import { runWorker, type WorkerDeps } from '../../src/schedule/worker.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { createFakeClock, someMorning } from '../support/fake-clock.ts';
import { type LogLine, recordLog } from '../support/log-lines.ts';
import { tempDatabase, tempFolder } from '../support/temp-folder.ts';

interface Worked {
  log: LogLine[];
  triggers: string[];
}

/** Works on a clock of its own until the second audit has ended. */
async function work(databasePath: string, changes: Partial<WorkerDeps>): Promise<Worked> {
  const stop = new AbortController();
  const { log, lines } = recordLog();
  const triggers: string[] = [];
  const deps: WorkerDeps = {
    schedule: createCronSchedule('0 7 * * *', 'UTC'),
    expression: '0 7 * * *',
    timeZone: 'UTC',
    databasePath,
    clock: createFakeClock(),
    log,
    attempts: () => [],
    audit: async () => {},
    deliver: async () => null,
    ...changes,
  };
  await runWorker(
    {
      ...deps,
      async audit(trigger, signal) {
        triggers.push(trigger);
        if (triggers.length === 2) stop.abort(new Error('enough'));
        await deps.audit(trigger, signal);
      },
    },
    AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]),
  );
  return { log: lines, triggers };
}

describe('the worker', () => {
  test('says what it is set to when it starts, and that it stopped', async (context) => {
    const { log } = await work(tempDatabase(context), {});
    assert.equal(log[0]?.msg, 'worker started');
    assert.equal(log[0]?.schedule, '0 7 * * *');
    assert.equal(log[0]?.timeZone, 'UTC');
    assert.equal(log.at(-1)?.msg, 'worker stopped');
  });

  test('leaves the audit to another process that holds the lock, which is no error', async (context) => {
    const { log } = await work(tempDatabase(context), {
      audit: () => Promise.reject(new AuditLockedError('another audit is running')),
    });
    const lines = log.filter(({ reason }) => reason === 'another audit is running');
    assert.ok(lines.length > 0);
    assert.ok(lines.every(({ level }) => level === 'info'));
  });

  test('goes on after an audit that could not begin, and says why', async (context) => {
    const { log, triggers } = await work(tempDatabase(context), {
      audit: () => Promise.reject(new DatabaseError('the disk is gone', { hint: 'mount it' })),
    });
    assert.equal(triggers.length, 2);
    const line = log.find(({ msg }) => msg.startsWith('the audit could not begin'));
    assert.equal(line?.level, 'error');
    assert.deepEqual(Object(line?.err).hint, 'mount it');
  });

  test('audits when what was done cannot be read', async (context) => {
    const { log, triggers } = await work(tempDatabase(context), {
      attempts() {
        throw new DatabaseError('no database');
      },
    });
    assert.equal(triggers.length, 2);
    assert.ok(log.some(({ level, msg }) => level === 'error' && msg === 'the database cannot be read'));
  });

  test('audits though mail cannot be delivered, and says so', async (context) => {
    const { log, triggers } = await work(tempDatabase(context), {
      attempts: () => [],
      deliver: () => Promise.reject(new Error('no mail today')),
    });
    assert.equal(triggers.length, 2);
    assert.ok(log.some(({ level, msg }) => level === 'error' && msg === 'mail could not be delivered'));
  });

  test('gives a sign of life beside the database', async (context) => {
    const path = tempDatabase(context);
    assert.equal(isWorkerAlive(path, someMorning), false);
    const clock = createFakeClock();
    const seen: boolean[] = [];
    const audit = async () => {
      seen.push(
        isWorkerAlive(path, clock.now()),
        isWorkerAlive(path, new Date(clock.now().getTime() + 3 * msPerMinute)),
      );
    };
    await work(path, { clock, audit });
    assert.deepEqual(seen.slice(0, 2), [true, false]);
    assert.equal(isWorkerAlive(path, clock.now()), false, 'it has ended');
  });

  test('goes on when it can give no sign of life', async (context) => {
    const { triggers } = await work(join(tempFolder(context), 'gone', 'audit.db'), {});
    assert.equal(triggers.length, 2);
  });
});
