import type { AuditConfig } from '../config/settings.ts';
import { AppError, ConfigError } from '../errors.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { OmniApi } from '../omni/api.ts';
import { plural } from '../text/words.ts';
import { probeOwners } from './resolve-owners.ts';
import { requireRightClock } from './run-clock.ts';

/** One line in the output of `check`. */
export interface CheckedPoint {
  what: 'configuration' | 'database' | 'Omni' | 'mail server';
  isFine: boolean;
  message: string;
  /** What to do; may be empty. A point that is fine can have a hint too. */
  hint: string;
}

/** The parts of an audit that a rehearsal tries. */
export interface RehearsalDeps {
  /** @throws ConfigError with every problem. */
  settings(): AuditConfig;
  /** Variables that look like ours but have no effect. */
  unknownVariables: readonly string[];
  /** Tries the database and describes its state. @throws DatabaseError */
  database(settings: AuditConfig): string;
  omni(settings: AuditConfig): OmniApi;
  mailer(settings: AuditConfig): Mailer;
}

/** Tries everything that an audit needs, in order, and reports each point. It sends no mail. */
export async function* rehearse(deps: RehearsalDeps, signal: AbortSignal): AsyncGenerator<CheckedPoint> {
  let settings: AuditConfig;
  try {
    settings = deps.settings();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) yield { what: 'configuration', isFine: false, message: problem, hint: '' };
    return;
  }
  const unknown = deps.unknownVariables.join(', ');
  const hint =
    unknown === '' ? '' : `Check the spelling of these variables, which are unknown and have no effect: ${unknown}`;
  yield { what: 'configuration', isFine: true, message: 'complete', hint };
  yield await point('database', async () => ({ message: deps.database(settings) }));
  yield await point('Omni', () => tryOmni(deps.omni(settings), settings, signal));
  yield await point('mail server', () => tryMailServer(deps.mailer(settings), settings, signal));
}

async function point(
  what: CheckedPoint['what'],
  check: () => Promise<{ message: string; hint?: string }>,
): Promise<CheckedPoint> {
  try {
    return { what, isFine: true, hint: '', ...(await check()) };
  } catch (error) {
    const hint = error instanceof AppError ? error.hint : '';
    return { what, isFine: false, message: error instanceof Error ? error.message : String(error), hint };
  }
}

async function tryOmni(
  api: OmniApi,
  { omni }: AuditConfig,
  signal: AbortSignal,
): Promise<{ message: string; hint?: string }> {
  const { totalRecords, times } = await api.firstTokenPage(signal);
  const clock = requireRightClock(times) ? '' : '; Omni sent no Date header, so the clock was not checked';
  const credential = await api.whoami(signal);
  const owners = await probeOwners(api, signal);
  const scope = credential === null ? '' : `; the credential is ${credential.keyScope}-scoped, ${credential.orgRole}`;
  const message = `${omni.baseUrl} lists ${plural(totalRecords, 'token')}${scope}${clock}`;
  if (owners === null) return { message: `${message}; owners can be read` };
  const consequence = 'owners cannot be read (SCIM), so no owner will be reported as deactivated, missing or idle';
  return { message: `${message}; ${consequence}: ${owners.problem}`, hint: owners.hint };
}

async function tryMailServer(
  mailer: Mailer,
  { smtp, mail }: AuditConfig,
  signal: AbortSignal,
): Promise<{ message: string }> {
  await mailer.verify(signal);
  const login = smtp.login === null ? '' : ', logged in';
  const recipients = plural(mail.to.length, 'recipient');
  return { message: `${smtp.host}:${smtp.port} is ready (${smtp.security}${login}); ${recipients}` };
}
