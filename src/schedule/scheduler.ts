import type { Clock } from '../clock.ts';
import { AuditLockedError, StuckAuditError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { RecentRun, RunTrigger } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { decideAudit } from './decide-audit.ts';

export interface SchedulerDeps {
  schedule: Schedule;
  clock: Clock;
  log: Logger;
  /** Returns the recorded runs, newest first, back to the last complete one. */
  runs(): readonly RecentRun[];
  /**
   * Runs an audit and tries to deliver its mail. Rejects if the audit could not start. In that case no
   * run has been recorded, so the next decision would be the same.
   */
  audit(trigger: RunTrigger, signal: AbortSignal): Promise<void>;
}

/** How often to read the wall clock, to notice a changed clock or a suspended machine. */
const pollMs = 30_000;
/** The pause after an audit that could not start, for example because the database is gone, unless a tick comes sooner. */
const notStartedPauseMs = 5 * 60_000;
/** The pause while another process holds the lock. If its audit is stuck, that is reported this much too late at most. */
const lockedPauseMs = 60_000;

/**
 * Audits on schedule until the signal is aborted. Each decision depends only on the recorded runs, so a late
 * or missed wake-up changes nothing. Audits never overlap.
 */
export async function runSchedule(deps: SchedulerDeps, signal: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  let announced: number | null = null;
  while (!signal.aborted) {
    const now = clock.now();
    const decision = decideAudit(deps.schedule, readRuns(deps), now);
    let pauseMs: number;
    if (decision.kind === 'audit') {
      log.info({ trigger: decision.trigger }, 'an audit is due');
      const untilTickMs = deps.schedule.next(now).getTime() - now.getTime();
      pauseMs = Math.min(await tryAudit(deps, decision.trigger, signal), untilTickMs);
    } else {
      pauseMs = Math.min(decision.until.getTime() - now.getTime(), pollMs);
      if (announced !== decision.until.getTime()) log.info({ at: decision.until.toISOString() }, 'next audit');
      announced = decision.until.getTime();
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Returns no runs if they cannot be read. That makes an audit due, and its error says what is wrong. */
function readRuns({ runs, log }: SchedulerDeps): readonly RecentRun[] {
  try {
    return runs();
  } catch (error) {
    log.error({ err: error }, 'cannot read the database');
    return [];
  }
}

/** Returns how long to wait before the next decision: not at all if the audit could start. */
async function tryAudit({ audit, log }: SchedulerDeps, trigger: RunTrigger, signal: AbortSignal): Promise<number> {
  try {
    await audit(trigger, signal);
    return 0;
  } catch (error) {
    if (error instanceof AuditLockedError && !(error instanceof StuckAuditError)) {
      log.info({ reason: error.message }, 'another process is running an audit');
      return lockedPauseMs;
    }
    if (!signal.aborted) log.error({ err: error }, 'the audit could not start');
    return notStartedPauseMs;
  }
}
