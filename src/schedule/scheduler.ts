import type { Clock } from '../clock.ts';
import { AuditLockedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { Attempt, RunTrigger } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { decideAudit } from './decide-audit.ts';

export interface SchedulerDeps {
  schedule: Schedule;
  clock: Clock;
  log: Logger;
  /** The runs that the database remembers, newest first, back to the last complete one. */
  attempts(): readonly Attempt[];
  /**
   * One audit and a first attempt to deliver its mail. Rejects when it could not begin: nothing was
   * recorded, so the same decision would follow at once.
   */
  audit(trigger: RunTrigger, signal: AbortSignal): Promise<void>;
}

/** How often the wall clock is read, so that a changed clock or a suspended machine is noticed. */
const pollMs = 30_000;
/** The pause after an audit that could not begin, unless a tick comes before: the lock is taken, or a setting is wrong. */
const notBegunPauseMs = 5 * 60_000;

/**
 * Audits on schedule until the signal is aborted. What to do is decided each time from what the database
 * remembers, so a late or missed wake-up changes nothing. Audits never overlap.
 */
export async function runSchedule(deps: SchedulerDeps, signal: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  let announced: number | null = null;
  while (!signal.aborted) {
    const now = clock.now();
    const decision = decideAudit(deps.schedule, readAttempts(deps), now);
    let pauseMs = 0;
    if (decision.kind === 'audit') {
      log.info({ trigger: decision.trigger }, 'an audit is due');
      const untilTickMs = deps.schedule.next(now).getTime() - now.getTime();
      if (!(await hasBegunAudit(deps, decision.trigger, signal))) pauseMs = Math.min(notBegunPauseMs, untilTickMs);
    } else {
      pauseMs = Math.min(decision.until.getTime() - now.getTime(), pollMs);
      if (announced !== decision.until.getTime()) log.info({ at: decision.until.toISOString() }, 'next audit');
      announced = decision.until.getTime();
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** None when the runs cannot be read. An audit is tried then, and its error says what is wrong. */
function readAttempts({ attempts, log }: SchedulerDeps): readonly Attempt[] {
  try {
    return attempts();
  } catch (error) {
    log.error({ err: error }, 'the database cannot be read');
    return [];
  }
}

async function hasBegunAudit(
  { audit, log }: SchedulerDeps,
  trigger: RunTrigger,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await audit(trigger, signal);
    return true;
  } catch (error) {
    if (error instanceof AuditLockedError) {
      log.info({ reason: error.message }, 'the audit is left to another process');
    } else if (!signal.aborted) {
      log.error({ err: error }, 'the audit could not begin');
    }
    return false;
  }
}
