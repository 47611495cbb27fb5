import { closeSync, constants, futimesSync, openSync, rmSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';
import { livenessSuffix, locateDatabase } from '../store/locate-database.ts';

const everyMs = 20_000;
const staleAfterMs = 2 * 60_000;

/** In a folder that others can write to, this neither follows a link nor waits at a named pipe. */
const touchOnly = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Touches a file next to the database for as long as the event loop runs, and removes it when the signal is aborted. */
export async function keepLivenessFile(
  { databasePath, clock, log }: { databasePath: string; clock: Clock; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const path = locateDatabase(databasePath) + livenessSuffix;
  // An old one may belong to another account, for example because root had started a worker.
  remove(path);
  while (!signal.aborted) {
    try {
      touch(path, clock.now());
    } catch (error) {
      log.warn({ err: error }, 'cannot write the liveness file for `healthcheck --live`');
    }
    await clock.sleep(everyMs, signal);
  }
  remove(path);
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It does not matter at the end. At the start, the attempt to touch it will say why.
  }
}

function touch(path: string, now: Date): void {
  const file = openSync(path, touchOnly, 0o600);
  try {
    futimesSync(file, now, now);
  } finally {
    closeSync(file);
  }
}

/** Returns whether a worker has touched its liveness file within the last two minutes. */
export function isWorkerAlive(databasePath: string, now: Date): boolean {
  const stats = statSync(locateDatabase(databasePath) + livenessSuffix, { throwIfNoEntry: false });
  return stats !== undefined && Math.abs(now.getTime() - stats.mtimeMs) < staleAfterMs;
}
