import type { Attempt } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { msPerMinute } from '../time/duration.ts';

export type ScheduleDecision =
  | { kind: 'audit'; trigger: 'schedule' | 'catch-up' | 'retry' }
  /** Nothing to do before `until`. */
  | { kind: 'wait'; until: Date };

/** After the first, second, third failure; then hourly. */
const retryAfterMs = [5 * msPerMinute, 15 * msPerMinute, 45 * msPerMinute];
const laterRetryMs = 60 * msPerMinute;

/** A tick that is seen within this time is on schedule; later, it is caught up with. */
const punctualMs = msPerMinute;

/** An attempt that lies further in the future than this was written by a clock that has been set back since. */
const clockToleranceMs = 5 * msPerMinute;

/**
 * Decides whether to audit now. It looks at what the database remembers and at nothing else, so
 * that a restart, a suspended machine and a changed clock all come to the same answer, and a
 * process that crashes in a loop does not audit in a loop.
 *
 * @param attempts newest first; enough of them to reach the last complete one, or all.
 */
export function decideAudit(schedule: Schedule, attempts: readonly Attempt[], now: Date): ScheduleDecision {
  const last = attempts[0];
  // Nothing is known yet: the first audit waits for no tick, however far it is.
  if (last === undefined) return { kind: 'audit', trigger: 'schedule' };
  // A history from the future would put the next tick off for as long as the clock was wrong.
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

/** The unsuccessful attempts since the tick that began them, newest first. */
function seriesOf(schedule: Schedule, attempts: readonly Attempt[], tick: Date): Attempt[] {
  const end = attempts.findIndex(
    ({ outcome, startedAt }) => outcome === 'complete' || schedule.next(startedAt).getTime() !== tick.getTime(),
  );
  return attempts.slice(0, end === -1 ? attempts.length : end);
}

/**
 * The first interruption (a restart, a killed process) is made good at once, for it says nothing
 * against the next attempt; a second one may be a crash loop and counts as a failure.
 */
function retryDelayMs(series: readonly Attempt[]): number {
  const interruptions = series.filter(({ outcome }) => outcome === 'interrupted').length;
  const failures = series.length - Math.min(interruptions, 1);
  if (failures === 0) return 0;
  return retryAfterMs[failures - 1] ?? laterRetryMs;
}
