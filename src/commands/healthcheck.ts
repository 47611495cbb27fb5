import { type Config, loadConfig } from '../config/config.ts';
import { judgeHealth } from '../domain/health.ts';
import { DatabaseError } from '../errors.ts';
import { openLook } from '../look.ts';
import { isWorkerAlive } from '../schedule/sign-of-life.ts';
import type { LookStore } from '../store/store.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { values } = parseCommandLine(args, { live: { type: 'boolean', default: false } });
  const reasons = values.live ? await whyNotAlive(env) : await whyUnhealthy(env);
  print(reasons.length === 0 ? 'healthy\n' : `${reasons.map((reason) => `unhealthy: ${reason}`).join('\n')}\n`);
  return reasons.length === 0 ? exitCode.done : exitCode.failed;
};

async function whyUnhealthy(env: NodeJS.ProcessEnv): Promise<string[]> {
  const config = loadConfig(env, ['schedule', 'deadlineMs']);
  return await lookOrSayWhy(env, (store) => unhealthyReasons(store, config, new Date()));
}

/** Why the worker of a database is not healthy; none when it is. */
export function unhealthyReasons(
  store: LookStore,
  { schedule: { schedule, overdueMs }, deadlineMs }: Pick<Config, 'schedule' | 'deadlineMs'>,
  now: Date,
): string[] {
  return judgeHealth(store.healthFacts(), { schedule, deadlineMs, overdueMs }, now);
}

/** For orchestrators that replace what is unhealthy: a replaced worker cannot mend Omni or a mail server. */
async function whyNotAlive(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { databasePath } = loadConfig(env, ['databasePath']);
  if (!isWorkerAlive(databasePath, new Date())) return ['the worker gave no sign of life for two minutes'];
  return await lookOrSayWhy(env, () => []);
}

/** A database that cannot be opened is a reason like any other, not a failure of the check. */
async function lookOrSayWhy(env: NodeJS.ProcessEnv, judge: (store: LookStore) => string[]): Promise<string[]> {
  try {
    using store = await openLook(env);
    return judge(store);
  } catch (error) {
    if (error instanceof DatabaseError) return [error.message];
    throw error;
  }
}
