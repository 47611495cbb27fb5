import { InterruptedError } from '../errors.ts';
import { version } from '../version.ts';
import { type DeliveryLoopDeps, runDeliveries } from './deliveries.ts';
import { keepLivenessFile } from './liveness-file.ts';
import { runSchedule, type SchedulerDeps } from './scheduler.ts';

export interface WorkerDeps extends SchedulerDeps, DeliveryLoopDeps {
  expression: string;
  timeZone: string;
  databasePath: string;
}

/** Audits on schedule and delivers mail in between. Resolves once the signal is aborted and all work has ended. */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  const { log, expression, timeZone, databasePath } = deps;
  log.info({ version, schedule: expression, timeZone, databasePath }, 'worker started');
  // If one part fails, the others stop too. A worker that does half of its work would appear healthy.
  const ending = new AbortController();
  const stopped = AbortSignal.any([signal, ending.signal]);
  const parts = [keepLivenessFile(deps, stopped), runDeliveries(deps, stopped), runSchedule(deps, stopped)];
  for (const part of parts) part.catch(() => ending.abort(new InterruptedError('another part of the worker failed')));
  await Promise.allSettled(parts);
  await Promise.all(parts);
  log.info('worker stopped');
}
