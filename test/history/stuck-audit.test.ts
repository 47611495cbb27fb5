import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeUnfinishedAudit, type StuckLimits } from '../../src/history/stuck-audit.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { someMorning as now } from '../support/fake-clock.ts';

const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * msPerMinute);

/** Judges with the limits of 45 minutes for failures and 60 minutes for an audit. `null`: there is no run, or no sign of life. */
function judge(startedAgo: number | null, aliveAgo: number | null, limits: Partial<StuckLimits> = {}): string | null {
  const startedAt = startedAgo === null ? null : minutesAgo(startedAgo).toISOString();
  const audit = {
    run: startedAt === null ? null : { id: 7, lockedBy: 'process 12 on web-1', startedAt },
    aliveAt: aliveAgo === null ? null : minutesAgo(aliveAgo),
  };
  const normal = { alertAfterMs: 45 * msPerMinute, deadlineMs: 60 * msPerMinute };
  return judgeUnfinishedAudit(audit, { ...normal, ...limits }, now)?.error ?? null;
}

describe('an audit that has not ended may be working', () => {
  const cases: [name: string, startedAgo: number | null, aliveAgo: number | null, limits?: Partial<StuckLimits>][] = [
    ['when it takes longer than failures may last, up to its deadline', 59, 0],
    ['when it takes longer than its deadline, but failures may last longer', 80, 0, { alertAfterMs: 90 * msPerMinute }],
    ['when it has been silent for less time than failures may last', 50, 44],
    ['when it has just begun, although nothing touched the lock', 44, 10_000],
    ['when it is busy for less than a minute, even if every failure is mailed at once', 50, 0.9, { alertAfterMs: 0 }],
    ['when the clock was set back while it works', -120, 0],
    ['when its run has not begun', null, 44],
    ['when nothing is known about it', null, null],
  ];
  for (const [name, ...facts] of cases) test(name, () => assert.equal(judge(...facts), null));
});

describe('an audit that has not ended is stuck', () => {
  const who = 'run 7 (process 12 on web-1, started at ';
  const cases: [
    name: string,
    startedAgo: number | null,
    aliveAgo: number | null,
    error: string,
    alertAfterMs?: number,
  ][] = [
    [
      'when it has been silent',
      50,
      45,
      `${who}2026-03-01T06:10:00.000Z) has shown no sign of life since 2026-03-01T06:15:00.000Z`,
    ],
    [
      'a minute after its last sign of life if every failure is mailed at once',
      5,
      1,
      `${who}2026-03-01T06:55:00.000Z) has shown no sign of life since 2026-03-01T06:59:00.000Z`,
      0,
    ],
    [
      'when nothing touches the lock',
      45,
      10_000,
      `${who}2026-03-01T06:15:00.000Z) has shown no sign of life since 2026-03-01T06:15:00.000Z`,
    ],
    ['when it has not ended by its deadline', 60, 0, `${who}2026-03-01T06:00:00.000Z) has not ended by its deadline`],
    [
      'when the clock was set back after its last sign of life',
      -120,
      -119,
      `${who}2026-03-01T09:00:00.000Z) has shown no sign of life since 2026-03-01T08:59:00.000Z`,
    ],
    [
      'when its run has not begun',
      null,
      45,
      'an unknown process holds the audit lock and has shown no sign of life since 2026-03-01T06:15:00.000Z',
    ],
  ];
  for (const [name, startedAgo, aliveAgo, error, alertAfterMs = 45 * msPerMinute] of cases) {
    test(name, () => assert.equal(judge(startedAgo, aliveAgo, { alertAfterMs }), error));
  }
});
