import type { Run } from '../store/runs.ts';
import { msPerMinute } from '../time/duration.ts';

/** An audit that has not ended, as another process sees it. */
export interface UnfinishedAudit {
  /** null: it holds the lock, but its run has not begun or is already recorded as ended. */
  run: Pick<Run, 'id' | 'startedAt' | 'lockedBy'> | null;
  /** When its process last showed that it was alive; null if that is unknown. */
  aliveAt: Date | null;
}

export interface StuckLimits {
  /** How long failures may last before they are mailed. */
  alertAfterMs: number;
  /** How long an audit may take. */
  deadlineMs: number;
}

/** A failure that no run records. Instants are UTC ISO-8601. */
export interface StuckAudit {
  /** The start of its run, or the last sign of life of its process. */
  since: string;
  noticedAt: string;
  error: string;
}

export const stuckHint =
  'Restart its service or container, or end that process on the host that is named. If somebody suspended it, it can also be resumed (kill -CONT, docker unpause). The next audit then starts by itself';

/** A working process shows every 20 seconds that it is alive, except while it writes. */
const minSilenceMs = msPerMinute;

/**
 * Returns what is wrong with an audit that must be suspended, hung or dead; null while it may be working. An audit may
 * take longer than failures may last before they are mailed, so what counts is for how long its process has shown no
 * sign of life. By its deadline, a working audit has ended.
 */
export function judgeUnfinishedAudit(
  { run, aliveAt }: UnfinishedAudit,
  { alertAfterMs, deadlineMs }: StuckLimits,
  now: Date,
): StuckAudit | null {
  // An instant in the future is from before the clock was set back.
  const msFrom = (at: Date): number => Math.abs(now.getTime() - at.getTime());
  const [lastSign] = [run && new Date(run.startedAt), aliveAt]
    .filter((at) => at !== null)
    .toSorted((one, other) => msFrom(one) - msFrom(other));
  if (lastSign === undefined) return null;
  const isSilent = msFrom(lastSign) >= Math.max(alertAfterMs, minSilenceMs);
  const isLate = run !== null && now.getTime() - Date.parse(run.startedAt) >= Math.max(alertAfterMs, deadlineMs);
  if (!isSilent && !isLate) return null;
  const who =
    run === null
      ? 'an unknown process holds the audit lock and'
      : `run ${run.id} (${run.lockedBy}, started at ${run.startedAt})`;
  const problem = isSilent
    ? `has shown no sign of life since ${lastSign.toISOString()}`
    : 'has not ended by its deadline';
  return {
    since: run?.startedAt ?? lastSign.toISOString(),
    noticedAt: now.toISOString(),
    error: `${who} ${problem}`,
  };
}
