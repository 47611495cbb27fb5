import { closeSync, openSync, rmSync, statSync, utimesSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';

const everyMs = 20_000;
const staleAfterMs = 2 * 60_000;

function pathOf(databasePath: string): string {
  return `${databasePath}.worker`;
}

/** Touches a file next to the database for as long as the event loop runs, and removes it when the signal is aborted. */
export async function keepLivenessFile(
  { databasePath, clock, log }: { databasePath: string; clock: Clock; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const path = pathOf(databasePath);
  while (!signal.aborted) {
    try {
      closeSync(openSync(path, 'a', 0o600));
      utimesSync(path, clock.now(), clock.now());
    } catch (error) {
      log.warn({ err: error }, 'cannot write the liveness file for `healthcheck --live`');
    }
    await clock.sleep(everyMs, signal);
  }
  rmSync(path, { force: true });
}

/** Returns whether a worker has touched its liveness file within the last two minutes. */
export function isWorkerAlive(databasePath: string, now: Date): boolean {
  const stats = statSync(pathOf(databasePath), { throwIfNoEntry: false });
  return stats !== undefined && Math.abs(now.getTime() - stats.mtimeMs) < staleAfterMs;
}
