import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuditLockedError } from '../../src/errors.ts';
import { createLogger } from '../../src/logging.ts';
import { runSchedule } from '../../src/schedule/scheduler.ts';
import type { Attempt } from '../../src/store/runs.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { recordLog } from '../support/log-lines.ts';

const pollMs = 30_000;

interface Audit {
  at: string;
  trigger: string;
}

interface Story {
  /** How audits end, in order, until there are no more: then the schedule is stopped. */
  endings: ('complete' | 'failed' | 'refused' | 'interrupted' | 'not-begun')[];
  attempts?: Attempt[];
  expression?: string;
  start?: string;
  /** Before each look at the attempts. */
  beforeLook?: (clock: ReturnType<typeof createFakeClock>, audits: Audit[]) => void;
}

/** Runs the real loop on a clock of its own. */
async function live({ endings, attempts = [], expression = '0 7 * * *', start, beforeLook }: Story) {
  const clock = createFakeClock(new Date(start ?? '2026-05-01T12:00:00.000Z'));
  const stop = new AbortController();
  const audits: Audit[] = [];
  const { log, lines } = recordLog();
  let known = attempts;
  await runSchedule(
    {
      schedule: createCronSchedule(expression, 'UTC'),
      clock,
      log,
      attempts() {
        beforeLook?.(clock, audits);
        return known;
      },
      async audit(trigger) {
        const ending = endings[audits.length];
        audits.push({ at: clock.now().toISOString(), trigger });
        if (audits.length >= endings.length) stop.abort(new Error('the story is over'));
        if (ending === 'not-begun' || ending === undefined) throw new AuditLockedError('it is taken');
        const attempt: Attempt = {
          startedAt: clock.now(),
          endedAt: clock.now(),
          outcome: ending === 'refused' ? 'failed' : ending,
          credentialRefused: ending === 'refused',
        };
        known = ending === 'complete' ? [attempt] : [attempt, ...known];
      },
    },
    AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]),
  );
  return { audits, clock, lines };
}

describe('the schedule', () => {
  test('audits at the first start and then at each tick', async () => {
    const { audits, lines } = await live({ endings: ['complete', 'complete', 'complete'] });
    assert.deepEqual(audits, [
      { at: '2026-05-01T12:00:00.000Z', trigger: 'schedule' },
      { at: '2026-05-02T07:00:00.000Z', trigger: 'schedule' },
      { at: '2026-05-03T07:00:00.000Z', trigger: 'schedule' },
    ]);
    assert.deepEqual(
      lines.filter(({ msg }) => msg === 'next audit').map(({ at }) => at),
      ['2026-05-02T07:00:00.000Z', '2026-05-03T07:00:00.000Z'],
    );
  });

  test('looks at the wall clock at least every 30 seconds', async () => {
    const { clock } = await live({ endings: ['complete', 'complete'] });
    assert.ok(clock.sleeps.length > 2000);
    assert.ok(clock.sleeps.every((ms) => ms <= pollMs));
  });

  test('tries a failed audit again after 5, 15 and 45 minutes, then hourly', async () => {
    const { audits } = await live({
      endings: ['failed', 'failed', 'failed', 'failed', 'failed', 'complete', 'complete'],
    });
    assert.deepEqual(
      audits.map(({ at, trigger }) => `${at.slice(11, 16)} ${trigger}`),
      ['12:00 schedule', '12:05 retry', '12:20 retry', '13:05 retry', '14:05 retry', '15:05 retry', '07:00 schedule'],
    );
  });

  test('waits for the tick when the credential is refused', async () => {
    const { audits } = await live({ endings: ['refused', 'complete'] });
    assert.equal(audits[1]?.at, '2026-05-02T07:00:00.000Z');
  });

  test('makes one interruption good at once, and not a second one', async () => {
    const { audits } = await live({ endings: ['interrupted', 'interrupted', 'complete'] });
    assert.deepEqual(
      audits.map(({ at }) => at.slice(11, 16)),
      ['12:00', '12:00', '12:05'],
    );
  });

  test('leaves five minutes to whoever holds the lock', async () => {
    const { audits } = await live({ endings: ['not-begun', 'not-begun', 'complete'] });
    assert.deepEqual(
      audits.map(({ at }) => at.slice(11, 16)),
      ['12:00', '12:05', '12:10'],
    );
  });

  test('tries again at the next tick where that comes sooner', async () => {
    const { audits } = await live({ endings: ['not-begun', 'not-begun', 'complete'], expression: '*/2 * * * *' });
    assert.deepEqual(
      audits.map(({ at }) => at.slice(11, 16)),
      ['12:00', '12:02', '12:04'],
    );
  });

  test('notices within 30 seconds that the machine slept through a tick', async () => {
    let slept = false;
    const { audits } = await live({
      endings: ['complete', 'complete', 'complete'],
      beforeLook(clock, soFar) {
        if (soFar.length !== 1 || slept) return;
        slept = true;
        clock.advance(3 * msPerDay);
      },
    });
    assert.deepEqual(audits.slice(1), [
      { at: '2026-05-04T12:00:30.000Z', trigger: 'catch-up' },
      { at: '2026-05-05T07:00:00.000Z', trigger: 'schedule' },
    ]);
  });

  test('notices within 30 seconds that the clock was set back', async () => {
    let isSetBack = false;
    const { audits } = await live({
      endings: ['complete', 'complete', 'complete'],
      beforeLook(clock, soFar) {
        if (soFar.length !== 1 || isSetBack) return;
        isSetBack = true;
        clock.advance(-365 * msPerDay);
      },
    });
    assert.deepEqual(audits.slice(1), [
      { at: '2025-05-01T12:00:30.000Z', trigger: 'catch-up' },
      { at: '2025-05-02T07:00:00.000Z', trigger: 'schedule' },
    ]);
  });

  test('audits nothing when it is stopped before it begins', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stop'));
    let audits = 0;
    await runSchedule(
      {
        schedule: createCronSchedule('0 7 * * *', 'UTC'),
        clock: createFakeClock(),
        log: createLogger('silent'),
        attempts: () => [],
        async audit() {
          audits += 1;
        },
      },
      stop.signal,
    );
    assert.equal(audits, 0);
  });
});
