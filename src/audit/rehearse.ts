import type { AuditConfig } from '../config/settings.ts';
import { AppError, ConfigError } from '../errors.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { OmniApi } from '../omni/api.ts';
import { plural } from '../text/words.ts';
import { probeOwners } from './resolve-owners.ts';

/** One line of `check`. */
export interface CheckedPoint {
  what: 'configuration' | 'database' | 'Omni' | 'mail server';
  isFine: boolean;
  says: string;
  /** What to do. May be empty, and may also advise where all is well. */
  hint: string;
}

/** The parts of an audit, as a rehearsal tries them. */
export interface RehearsalDeps {
  /** @throws ConfigError with every problem. */
  settings(): AuditConfig;
  /** Variables that look like ours and have no effect. */
  unknownVariables: readonly string[];
  /** Tries the database and says what state it is in. @throws DatabaseError */
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
    for (const problem of error.problems) yield { what: 'configuration', isFine: false, says: problem, hint: '' };
    return;
  }
  const unknown = deps.unknownVariables.join(', ');
  const hint = unknown === '' ? '' : `Unknown variables without effect, perhaps typing errors: ${unknown}`;
  yield { what: 'configuration', isFine: true, says: 'complete', hint };
  yield await point('database', async () => ({ says: deps.database(settings) }));
  yield await point('Omni', () => tryOmni(deps.omni(settings), settings, signal));
  yield await point('mail server', () => tryMailServer(deps.mailer(settings), settings, signal));
}

async function point(
  what: CheckedPoint['what'],
  check: () => Promise<{ says: string; hint?: string }>,
): Promise<CheckedPoint> {
  try {
    return { what, isFine: true, hint: '', ...(await check()) };
  } catch (error) {
    const hint = error instanceof AppError ? error.hint : '';
    return { what, isFine: false, says: error instanceof Error ? error.message : String(error), hint };
  }
}

async function tryOmni(
  api: OmniApi,
  { omni }: AuditConfig,
  signal: AbortSignal,
): Promise<{ says: string; hint?: string }> {
  const { totalRecords } = await api.firstTokenPage(signal);
  const credential = await api.whoami(signal);
  const owners = await probeOwners(api, signal);
  const scope = credential === null ? '' : `; the credential is ${credential.keyScope}-scoped, ${credential.orgRole}`;
  const says = `${omni.baseUrl} lists ${plural(totalRecords, 'token')}${scope}`;
  if (owners === null) return { says: `${says}; owners can be read` };
  const impossible =
    'Owners cannot be read (SCIM), so findings about owners (deactivated, missing, idle) are impossible';
  return { says, hint: `${impossible}: ${owners.problem}. ${owners.hint}` };
}

async function tryMailServer(
  mailer: Mailer,
  { smtp, mail }: AuditConfig,
  signal: AbortSignal,
): Promise<{ says: string }> {
  await mailer.verify(signal);
  const login = smtp.login === null ? '' : ', logged in';
  const recipients = plural(mail.to.length, 'recipient');
  return { says: `${smtp.host}:${smtp.port} is ready (${smtp.security}${login}); ${recipients}` };
}
