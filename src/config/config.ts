import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { group, variables } from './setting.ts';
import { settings } from './settings.ts';

export { type Variable, variables } from './setting.ts';

/** The parts of the configuration. A command asks for those that it needs. */
export type Config = { [Part in keyof typeof settings]: z.output<(typeof settings)[Part]> };
export type OmniConfig = Config['omni'];
export type SmtpConfig = Config['smtp'];
export type MailConfig = Config['mail'];

/** What an audit needs, and the delivery of its mail. */
export const auditParts = [
  'logLevel',
  'databasePath',
  'omni',
  'smtp',
  'mail',
  'rules',
  'notification',
  'deadlineMs',
  'retentionDays',
  'heartbeatUrl',
] as const satisfies readonly (keyof Config)[];
export type AuditConfig = Pick<Config, (typeof auditParts)[number]>;

/**
 * Reads the parts that are asked for from the environment.
 *
 * @throws ConfigError with every problem of those parts at once, and every unknown variable.
 */
export function loadConfig<Part extends keyof Config>(
  env: NodeJS.ProcessEnv,
  parts: readonly Part[],
): Pick<Config, Part> {
  const asked = group(Object.fromEntries(parts.map((part) => [part, settings[part]])));
  const { data, error } = asked.safeParse(env);
  // The names of the parts are known to the compiler only until they become keys.
  if (error === undefined) return data as Pick<Config, Part>;
  const unknown = unknownVariables(env).map((name) => `${name} is unknown and has no effect: check its spelling`);
  throw new ConfigError([...new Set(error.issues.map(({ message }) => message)), ...unknown]);
}

/** Variables that begin like ours but are not known, probably misspelt, in alphabetical order. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = new Set(variables.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name])));
  const prefixes = new Set(variables.map(({ name }) => firstWord(name)));
  return Object.keys(env)
    .filter((name) => name.includes('_') && prefixes.has(firstWord(name)) && !known.has(name))
    .sort();
}

function firstWord(name: string): string {
  return name.slice(0, name.indexOf('_'));
}
