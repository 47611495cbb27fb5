import { loadConfig } from '../config/config.ts';
import { DatabaseError } from '../errors.ts';
import { judgeHealth } from '../history/health.ts';
import { isWorkerAlive } from '../schedule/liveness-file.ts';
import type { ReadStore } from '../stores.ts';
import { parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForReading } from './open.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { values } = parseCommandLine(args, { live: { type: 'boolean', default: false } });
  const reasons = values.live ? await whyNotAlive(env) : await whyUnhealthy(env);
  print(reasons.length === 0 ? 'healthy\n' : `${reasons.map((reason) => `unhealthy: ${reason}`).join('\n')}\n`);
  return reasons.length === 0 ? exitCode.done : exitCode.failed;
};

async function whyUnhealthy(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { schedule, deadlineMs } = loadConfig(env, ['schedule', 'deadlineMs']);
  return await readOrSayWhyNot(env, ({ history }) =>
    judgeHealth(history.healthFacts(), { ...schedule, deadlineMs }, new Date()),
  );
}

/** For orchestrators that replace an unhealthy container: a new worker cannot fix Omni or a mail server. */
async function whyNotAlive(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { databasePath } = loadConfig(env, ['databasePath']);
  if (!isWorkerAlive(databasePath, new Date())) return ['the worker has not touched its liveness file for two minutes'];
  return await readOrSayWhyNot(env, () => []);
}

/** A database that cannot be opened is a reason like any other, not a failure of the command. */
async function readOrSayWhyNot(env: NodeJS.ProcessEnv, judge: (store: ReadStore) => string[]): Promise<string[]> {
  try {
    using store = openForReading(env);
    return judge(store);
  } catch (error) {
    if (error instanceof DatabaseError) return [error.message];
    throw error;
  }
}
