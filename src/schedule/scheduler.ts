import { type ScheduledTask, schedule as scheduleTask } from 'node-cron';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';
import type { Attempt, RunTrigger } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { decideAudit } from './decide-audit.ts';
import { createWake } from './wake.ts';

export interface SchedulerDeps {
  schedule: Schedule;
  expression: string;
  timeZone: string;
  clock: Clock;
  log: Logger;
  /** The runs that the database remembers, newest first; null when they cannot be read. */
  attempts(): readonly Attempt[] | null;
  /** Runs one audit and never rejects. `not-begun`: nothing was recorded, so the same decision would follow at once. */
  audit(trigger: RunTrigger, signal: AbortSignal): Promise<'begun' | 'not-begun'>;
}

/** How often the wall clock is read, so that a changed clock or a suspended machine is noticed. */
const pollMs = 30_000;
/** The pause after an audit that could not begin: the lock is taken, or a setting is wrong. */
const notBegunPauseMs = 5 * 60_000;
/** A tick that node-cron notices late still wakes us. Whether an audit is due is decided from the database. */
const latenessToleranceMs = 12 * 60 * 60_000;

/**
 * Audits on schedule until the signal is aborted. node-cron wakes the loop at each tick. What to do is
 * decided each time from what the database remembers, so a late, missed or doubled wake-up changes
 * nothing. Audits never overlap.
 */
export async function runSchedule(deps: SchedulerDeps, signal: AbortSignal): Promise<void> {
  const { clock, log } = deps;
  const wake = createWake(clock, signal);
  const ticks = startTicks(deps, wake.now);
  let announced: number | null = null;
  try {
    while (!signal.aborted) {
      const now = clock.now();
      const decision = decideAudit(deps.schedule, deps.attempts() ?? [], now);
      if (decision.kind === 'audit') {
        log.info({ trigger: decision.trigger }, 'an audit is due');
        const outcome = await deps.audit(decision.trigger, signal);
        if (outcome === 'not-begun') await wake.sleep(notBegunPauseMs);
      } else {
        if (announced !== decision.until.getTime()) {
          announced = decision.until.getTime();
          log.info({ at: decision.until.toISOString() }, 'next audit');
        }
        await wake.sleep(Math.min(decision.until.getTime() - now.getTime(), pollMs));
      }
    }
  } finally {
    await ticks.destroy();
  }
}

function startTicks({ expression, timeZone, log }: SchedulerDeps, onTick: () => void): ScheduledTask {
  return scheduleTask(expression, onTick, {
    name: 'audit',
    timezone: timeZone,
    noOverlap: true,
    missedExecutionTolerance: latenessToleranceMs,
    // Our own decision catches up with missed ticks and logs it.
    suppressMissedWarning: true,
    logger: {
      info: (message) => log.debug({ nodeCron: message }, 'scheduler'),
      debug: (message) => log.debug({ nodeCron: String(message) }, 'scheduler'),
      warn: (message) => log.warn({ nodeCron: message }, 'scheduler'),
      error: (message, error) => log.error({ nodeCron: String(message), err: error }, 'scheduler'),
    },
  });
}
