import { loadConfig } from '../config/settings.ts';
import { DatabaseError } from '../errors.ts';
import { judgeHealth } from '../history/health.ts';
import { isWorkerAlive } from '../schedule/liveness-file.ts';
import { openReadStore } from '../stores.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { healthLimits, healthParts } from './health-limits.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { values } = parseCommandLine(args, { live: { type: 'boolean', default: false } });
  const reasons = whyUnhealthy(env, values.live, new Date());
  print(reasons.length === 0 ? 'healthy\n' : `${reasons.map((reason) => `unhealthy: ${reason}`).join('\n')}\n`);
  return reasons.length === 0 ? exitCode.done : exitCode.failed;
};

/**
 * Returns the reasons why the worker is unhealthy; empty when it is healthy.
 *
 * @param isLive check only what a restart can fix. Orchestrators replace an unhealthy container, and a new worker
 *   cannot fix Omni or a mail server.
 */
function whyUnhealthy(env: NodeJS.ProcessEnv, isLive: boolean, now: Date): string[] {
  const limits = isLive ? null : healthLimits(loadConfig(env, healthParts));
  const { databasePath } = loadConfig(env, ['databasePath']);
  try {
    if (isLive && !isWorkerAlive(databasePath, now)) {
      return ['no worker has shown a sign of life for two minutes; start or restart it'];
    }
    using store = openReadStore(databasePath);
    if (limits === null) return [];
    return judgeHealth(store.history.healthFacts(), limits, now);
  } catch (error) {
    // A database that cannot be opened is one more reason, not a failure of the command.
    if (error instanceof DatabaseError) return [error.message];
    throw error;
  }
}
