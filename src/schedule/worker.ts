import type { Clock } from '../clock.ts';
import { AuditLockedError, InterruptedError } from '../errors.ts';
import type { Logger } from '../logging.ts';
import type { Attempt, RunTrigger } from '../store/runs.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { runDeliveries } from './deliveries.ts';
import { keepLivenessFile } from './liveness-file.ts';
import { runSchedule } from './scheduler.ts';
import { createWake } from './wake.ts';

export interface WorkerDeps {
  schedule: Schedule;
  expression: string;
  timeZone: string;
  databasePath: string;
  clock: Clock;
  log: Logger;
  version: string;
  /** The runs that the database remembers, newest first, back to the last complete one. */
  attempts(): Attempt[];
  /** One audit and a first attempt to deliver its mail. Rejects when it could not begin. */
  audit(trigger: RunTrigger, signal: AbortSignal): Promise<void>;
  /** Delivers what is due and returns when the next delivery is due; null when no mail waits. */
  deliver(signal: AbortSignal): Promise<Date | null>;
}

/** Audits on schedule and delivers mail in between. Resolves when the signal is aborted and all work has ended. */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  const { clock, log, expression, timeZone, databasePath } = deps;
  log.info({ version: deps.version, schedule: expression, timeZone, databasePath }, 'worker started');
  // If one part fails, the others stop too: a worker that does half of its work would look alive.
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const wake = createWake(clock, either);
  const parts = [
    keepLivenessFile(databasePath, deps, either),
    runDeliveries({ clock, log, pass: deps.deliver, sleep: wake.sleep }, either),
    runSchedule(
      {
        ...deps,
        attempts: () => readAttempts(deps),
        audit: (trigger, auditSignal) => auditOrExplain(deps, trigger, auditSignal),
      },
      either,
    ),
  ];
  for (const part of parts) part.catch(() => ending.abort(new InterruptedError('another part of the worker failed')));
  await Promise.allSettled(parts);
  await Promise.all(parts);
  log.info('worker stopped');
}

/** Null when the runs cannot be read. An audit is tried then, and its error says what is wrong. */
function readAttempts({ attempts, log }: WorkerDeps): Attempt[] | null {
  try {
    return attempts();
  } catch (error) {
    log.error({ err: error }, 'the database cannot be read');
    return null;
  }
}

async function auditOrExplain(
  { audit, log }: WorkerDeps,
  trigger: RunTrigger,
  signal: AbortSignal,
): Promise<'begun' | 'not-begun'> {
  try {
    await audit(trigger, signal);
    return 'begun';
  } catch (error) {
    if (error instanceof AuditLockedError) {
      log.info({ reason: error.message }, 'the audit is left to another process');
    } else if (!signal.aborted) {
      log.error({ err: error }, 'the audit could not begin');
    }
    return 'not-begun';
  }
}
