import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuditLockedError } from '../../src/errors.ts';
import { runSchedule } from '../../src/schedule/scheduler.ts';
import type { RecentRun } from '../../src/store/runs.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { recordLog } from '../support/log-lines.ts';

interface Story {
  /** How the audits end, in order. The schedule is stopped after the last one, or before it begins if there is none. */
  endings: ('complete' | 'failed' | 'locked')[];
  expression?: string;
  /** Days for which the machine is suspended after the first audit. */
  suspendedDays?: number;
}

/** Runs the schedule on a fake clock from 12:00 on 1 May. Returns the audits (`05-01 12:00 schedule`) and the log. */
async function runSchedulerUntilStopped({ endings, expression = '0 7 * * *', suspendedDays = 0 }: Story) {
  const clock = createFakeClock(new Date('2026-05-01T12:00:00.000Z'));
  const stop = new AbortController();
  const audits: string[] = [];
  const { log, lines } = recordLog();
  let runs: RecentRun[] = [];
  let daysToSleep = suspendedDays;
  if (endings.length === 0) stop.abort(new Error('stopped at once'));
  await runSchedule(
    {
      schedule: createCronSchedule(expression, 'UTC'),
      clock,
      log,
      runs() {
        if (audits.length === 1) {
          clock.advance(daysToSleep * msPerDay);
          daysToSleep = 0;
        }
        return runs;
      },
      async audit(trigger) {
        const outcome = endings[audits.length] ?? 'complete';
        const startedAt = clock.now();
        audits.push(`${startedAt.toISOString().slice(5, 19).replace('T', ' ')} ${trigger}`);
        if (audits.length >= endings.length) stop.abort(new Error('the story is over'));
        if (outcome === 'locked') throw new AuditLockedError('another audit is running');
        runs = [{ startedAt, endedAt: startedAt, outcome, credentialRefused: false, clockWrong: false }, ...runs];
      },
    },
    AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]),
  );
  return { audits, lines };
}

describe('the schedule', () => {
  test('audits at the first start, at each tick and after a failure, and logs the time of the next audit once', async () => {
    const { audits, lines } = await runSchedulerUntilStopped({ endings: ['complete', 'failed', 'complete'] });
    assert.deepEqual(audits, ['05-01 12:00:00 schedule', '05-02 07:00:00 schedule', '05-02 07:05:00 retry']);
    assert.deepEqual(
      lines.filter(({ msg }) => msg === 'next audit').map(({ at }) => at),
      ['2026-05-02T07:00:00.000Z', '2026-05-02T07:05:00.000Z'],
    );
  });

  test('notices within 30 seconds that the machine slept through a tick', async () => {
    const { audits } = await runSchedulerUntilStopped({
      endings: ['complete', 'complete', 'complete'],
      suspendedDays: 3,
    });
    assert.deepEqual(audits.slice(1), ['05-04 12:00:30 catch-up', '05-05 07:00:00 schedule']);
  });

  test('tries again after a minute, or at a tick before that, if another process has the lock', async () => {
    const endings: Story['endings'] = ['locked', 'locked', 'complete'];
    const { audits, lines } = await runSchedulerUntilStopped({ endings });
    assert.deepEqual(audits, ['05-01 12:00:00 schedule', '05-01 12:01:00 schedule', '05-01 12:02:00 schedule']);
    const line = lines.find(({ reason }) => reason === 'another audit is running');
    assert.equal(line?.level, 'info');

    const often = await runSchedulerUntilStopped({ endings, expression: '*/20 * * * * *' });
    assert.deepEqual(often.audits, ['05-01 12:00:00 schedule', '05-01 12:00:20 schedule', '05-01 12:00:40 schedule']);
  });

  test('audits nothing if it is stopped before it begins', async () => {
    const { audits } = await runSchedulerUntilStopped({ endings: [] });
    assert.deepEqual(audits, []);
  });
});
