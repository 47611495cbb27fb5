import type { Config } from '../config/settings.ts';
import type { HealthLimits } from '../history/health.ts';

/** The parts of the configuration that say when the worker counts as unhealthy. */
export const healthParts = ['schedule', 'deadlineMs', 'notification'] as const satisfies readonly (keyof Config)[];

/** Returns the limits of `judgeHealth`, so that `status` and `healthcheck` give the same reasons. */
export function healthLimits(config: Pick<Config, (typeof healthParts)[number]>): HealthLimits {
  const { schedule, overdueMs } = config.schedule;
  return { schedule, overdueMs, deadlineMs: config.deadlineMs, alertAfterMs: config.notification.alertAfterMs };
}
