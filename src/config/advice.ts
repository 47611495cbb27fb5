import type { Environment } from './env-file.ts';
import type { Config } from './settings.ts';
import { type Advice, unknownVariables } from './unknown-variables.ts';

/** Every month has a tick of a monthly schedule, and none is longer. */
const maxGapDays = 31;

/** Returns what to know about settings that can be used but probably mean something else. */
export function adviceOn(env: Environment, { schedule }: Pick<Config, 'schedule'>, now: Date): Advice[] {
  const { days, from, to } = schedule.schedule.longestGap(now);
  const period = `${from.toISOString().slice(0, 10)} to ${to.toISOString().slice(0, 10)}`;
  const gap = {
    variable: 'AUDIT_CRON',
    message: `AUDIT_CRON leaves up to ${days} days without an audit, for example from ${period}: run one at least every ${maxGapDays} days`,
  };
  return [...unknownVariables(env), ...(days > maxGapDays ? [gap] : [])];
}
