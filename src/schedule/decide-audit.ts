import type { RecentRun } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { msPerMinute } from '../time/duration.ts';

export type ScheduleDecision =
  | { kind: 'audit'; trigger: 'schedule' | 'catch-up' | 'retry' }
  /** No audit is due before `until`. */
  | { kind: 'wait'; until: Date };

/** The pauses after the first, second and third failure. Later retries are an hour apart. */
const retryAfterMs = [5 * msPerMinute, 15 * msPerMinute, 45 * msPerMinute];
const laterRetryMs = 60 * msPerMinute;
/** A clock can be corrected at any time, and checking it costs one request. */
const wrongClockRetryMs = 5 * msPerMinute;

/** A tick that is noticed within this time counts as on schedule, a later one as a catch-up. */
const onTimeMs = msPerMinute;

/** A run that started further in the future than this was recorded before the clock was set back. */
const clockToleranceMs = 5 * msPerMinute;

/**
 * Decides whether to audit now. The decision depends only on the recorded runs, so restarts and suspensions do not
 * change it, and a process that crashes in a loop does not audit in a loop.
 *
 * @param runs the runs, newest first, back to the last complete one.
 */
export function decideAudit(schedule: Schedule, runs: readonly RecentRun[], now: Date): ScheduleDecision {
  const last = runs[0];
  // The first audit does not wait for a tick.
  if (last === undefined) return { kind: 'audit', trigger: 'schedule' };
  // After a run from the future, no tick would be due until the clock catches up with it.
  if (last.startedAt.getTime() > now.getTime() + clockToleranceMs) return { kind: 'audit', trigger: 'catch-up' };

  const tick = schedule.next(last.startedAt);
  if (tick <= now) {
    return { kind: 'audit', trigger: now.getTime() - tick.getTime() <= onTimeMs ? 'schedule' : 'catch-up' };
  }
  if (last.outcome === 'complete' || last.credentialRefused) return { kind: 'wait', until: tick };
  const delayMs = last.clockWrong ? wrongClockRetryMs : retryDelayMs(seriesOf(schedule, runs, tick));
  const retryAt = new Date(last.endedAt.getTime() + delayMs);
  if (retryAt <= now) return { kind: 'audit', trigger: 'retry' };
  return { kind: 'wait', until: retryAt < tick ? retryAt : tick };
}

/** Returns the newest runs that did not complete and whose next tick is `tick`, newest first. */
function seriesOf(schedule: Schedule, runs: readonly RecentRun[], tick: Date): RecentRun[] {
  const end = runs.findIndex(
    ({ outcome, startedAt }) => outcome === 'complete' || schedule.next(startedAt).getTime() !== tick.getTime(),
  );
  return runs.slice(0, end === -1 ? runs.length : end);
}

/**
 * Returns how long to wait after the newest run. The first interruption (a restart, a killed process) is
 * retried at once, because it says nothing about the next run. A second one may be a crash loop and counts as
 * a failure.
 */
function retryDelayMs(series: readonly RecentRun[]): number {
  const interruptions = series.filter(({ outcome }) => outcome === 'interrupted').length;
  const failures = series.length - Math.min(interruptions, 1);
  if (failures === 0) return 0;
  return retryAfterMs[failures - 1] ?? laterRetryMs;
}
