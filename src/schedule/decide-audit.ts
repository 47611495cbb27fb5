import type { Attempt } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { msPerMinute } from '../time/duration.ts';

export type ScheduleDecision =
  | { kind: 'audit'; trigger: 'schedule' | 'catch-up' | 'retry' }
  /** No audit is due before `until`. */
  | { kind: 'wait'; until: Date };

/** The pauses after the first, second and third failure. Later ones are an hour apart. */
const retryAfterMs = [5 * msPerMinute, 15 * msPerMinute, 45 * msPerMinute];
const laterRetryMs = 60 * msPerMinute;

/** A tick noticed within this time counts as on schedule, a later one as a catch-up. */
const punctualMs = msPerMinute;

/** A run further in the future than this was recorded by a clock that has since been set back. */
const clockToleranceMs = 5 * msPerMinute;

/**
 * Decides whether to audit now. It depends only on what the database remembers, so a restart, a suspended
 * machine and a changed clock all lead to the same answer, and a process that crashes in a loop does not
 * audit in a loop.
 *
 * @param attempts the runs, newest first, back to the last complete one.
 */
export function decideAudit(schedule: Schedule, attempts: readonly Attempt[], now: Date): ScheduleDecision {
  const last = attempts[0];
  // The first audit does not wait for a tick.
  if (last === undefined) return { kind: 'audit', trigger: 'schedule' };
  // A run from the future would postpone the next tick for as long as the clock was ahead.
  if (last.startedAt.getTime() > now.getTime() + clockToleranceMs) return { kind: 'audit', trigger: 'catch-up' };

  const tick = schedule.next(last.startedAt);
  if (tick <= now) {
    return { kind: 'audit', trigger: now.getTime() - tick.getTime() <= punctualMs ? 'schedule' : 'catch-up' };
  }
  if (last.outcome === 'complete' || last.credentialRefused) return { kind: 'wait', until: tick };
  const retryAt = new Date(last.endedAt.getTime() + retryDelayMs(seriesOf(schedule, attempts, tick)));
  if (retryAt <= now) return { kind: 'audit', trigger: 'retry' };
  return { kind: 'wait', until: retryAt < tick ? retryAt : tick };
}

/** The unsuccessful runs since the tick that started the series, newest first. */
function seriesOf(schedule: Schedule, attempts: readonly Attempt[], tick: Date): Attempt[] {
  const end = attempts.findIndex(
    ({ outcome, startedAt }) => outcome === 'complete' || schedule.next(startedAt).getTime() !== tick.getTime(),
  );
  return attempts.slice(0, end === -1 ? attempts.length : end);
}

/**
 * The first interruption (a restart, a killed process) is retried at once, because it says nothing about
 * the next run. A second one may be a crash loop and counts as a failure.
 */
function retryDelayMs(series: readonly Attempt[]): number {
  const interruptions = series.filter(({ outcome }) => outcome === 'interrupted').length;
  const failures = series.length - Math.min(interruptions, 1);
  if (failures === 0) return 0;
  return retryAfterMs[failures - 1] ?? laterRetryMs;
}
