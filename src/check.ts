import { existsSync } from 'node:fs';
import { probeOwners } from './audit/resolve-owners.ts';
import { systemClock } from './clock.ts';
import { auditParts, type Config, loadConfig, unknownVariables } from './config/config.ts';
import { AppError, ConfigError } from './errors.ts';
import { importStore } from './look.ts';
import { createMailer } from './mail/mailer.ts';
import { createOmniApi } from './omni/create-omni-api.ts';
import { createOmniHttp } from './omni/http.ts';
import { plural } from './text/words.ts';
import { version } from './version.ts';

/** One line of `check`. */
export interface CheckedPoint {
  what: 'configuration' | 'database' | 'Omni' | 'mail server';
  isFine: boolean;
  says: string;
  /** What to do; may be empty, and may also advise where all is fine. */
  hint: string;
}

const parts = [...auditParts, 'schedule'] as const;

/** Tries all that an audit needs, in order, and writes nothing but, when asked, the new address of the organisation. */
export async function* checkAll(
  env: NodeJS.ProcessEnv,
  { adoptUrl }: { adoptUrl: boolean },
  signal: AbortSignal,
): AsyncGenerator<CheckedPoint> {
  let config: Pick<Config, (typeof parts)[number]>;
  try {
    config = loadConfig(env, parts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) yield { what: 'configuration', isFine: false, says: problem, hint: '' };
    return;
  }
  const unknown = unknownVariables(env).join(', ');
  const hint = unknown === '' ? '' : `Unknown, perhaps typing errors, and without effect: ${unknown}`;
  yield { what: 'configuration', isFine: true, says: 'complete', hint };
  yield await point('database', () => checkDatabase(config, adoptUrl));
  yield await point('Omni', () => checkOmni(config, signal));
  yield await point('mail server', () => checkMailServer(config, signal));
}

type Finding = Pick<CheckedPoint, 'says' | 'hint'>;

async function point(what: CheckedPoint['what'], check: () => Promise<Finding>): Promise<CheckedPoint> {
  try {
    return { what, isFine: true, ...(await check()) };
  } catch (error) {
    const hint = error instanceof AppError ? error.hint : '';
    return { what, isFine: false, says: error instanceof Error ? error.message : String(error), hint };
  }
}

async function checkDatabase(
  { databasePath, omni }: Pick<Config, 'databasePath' | 'omni'>,
  adoptUrl: boolean,
): Promise<Finding> {
  await importStore(databasePath);
  const { adoptBaseUrl, inspectDatabase, probeFolder } = await import('./store/inspect-database.ts');
  probeFolder(databasePath);
  if (!existsSync(databasePath)) return { says: `${databasePath} will be made by the first audit`, hint: '' };
  if (adoptUrl) {
    const former = adoptBaseUrl(databasePath, omni.baseUrl, systemClock.now());
    return { says: `${databasePath} belongs to ${omni.baseUrl} from now on (so far: ${former ?? 'nobody'})`, hint: '' };
  }
  const state = inspectDatabase(databasePath, omni.baseUrl);
  return { says: `${databasePath} ${state === 'older' ? 'will be upgraded by the next audit' : 'is ready'}`, hint: '' };
}

async function checkOmni({ omni }: Pick<Config, 'omni'>, signal: AbortSignal): Promise<Finding> {
  const api = createOmniApi(createOmniHttp({ config: omni, clock: systemClock, version }));
  const { totalRecords } = await api.firstTokenPage(signal);
  const credential = await api.whoami(signal);
  const owners = await probeOwners(api, signal);
  const is = credential === null ? '' : `; the credential is ${credential.keyScope}-scoped, ${credential.orgRole}`;
  const known = owners === null ? '; owners can be asked for' : '';
  return {
    says: `${omni.baseUrl} lists ${plural(totalRecords, 'token')}${is}${known}`,
    hint: owners === null ? '' : `${missing(owners.problem)}. ${owners.hint}`,
  };
}

function missing(problem: string): string {
  return `Who owns a token cannot be learned (SCIM), so that findings about owners (deactivated, missing, idle) are impossible: ${problem}`;
}

async function checkMailServer({ smtp, mail }: Pick<Config, 'smtp' | 'mail'>, signal: AbortSignal): Promise<Finding> {
  await createMailer(smtp).verify(signal);
  const readers = plural(mail.to.length, 'reader');
  return {
    says: `${smtp.host}:${smtp.port} is ready (${smtp.security}${smtp.login === null ? '' : ', logged in'}); ${readers}`,
    hint: '',
  };
}
