import type { AuditConfig } from '../config/settings.ts';
import { AppError, ConfigError } from '../errors.ts';
import type { Mailer, RehearsedRecipient } from '../mail/mailer.ts';
import type { OmniApi } from '../omni/api.ts';
import { plural } from '../text/words.ts';
import { probeOwners } from './resolve-owners.ts';
import { requireRightClock } from './run-clock.ts';

/** One line in the output of `check`. */
export interface CheckedPoint {
  what: 'configuration' | 'database' | 'Omni' | 'mail server' | 'recipient';
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
  yield* tryMailServer(deps.mailer(settings), settings, signal);
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

/** Reports the mail server, then each recipient. Without a mail server, the recipients are only listed. */
async function* tryMailServer(
  mailer: Mailer,
  { smtp, mail }: AuditConfig,
  signal: AbortSignal,
): AsyncGenerator<CheckedPoint> {
  const addresses = mail.to.map(({ address }) => address);
  let recipients: RehearsedRecipient[] = [];
  const server = await point('mail server', async () => {
    const rehearsal = await mailer.rehearse(mail.from.address, addresses, signal);
    recipients = rehearsal.recipients;
    const login = rehearsal.isLoggedIn ? 'logged in' : 'without a log-in';
    const sender = `accepts mail from ${mail.from.address}`;
    const message = `${smtp.host}:${smtp.port} is ready (${smtp.security}, ${login}) and ${sender}`;
    return { message, hint: smtp.ehloName === null ? hintForGreeting(mail.from.address) : '' };
  });
  yield server;
  for (const { recipient, problem } of recipients) {
    yield problem === null
      ? { what: 'recipient', isFine: true, message: `the server accepts ${recipient}`, hint: '' }
      : { what: 'recipient', isFine: false, message: `${recipient}: ${problem.message}`, hint: problem.hint };
  }
  if (!server.isFine) {
    for (const address of addresses) {
      yield { what: 'recipient', isFine: false, message: `${address} could not be tried`, hint: '' };
    }
  }
}

/** Returns a hint if the program greets with a domain without a dot, which many servers refuse; otherwise ''. */
function hintForGreeting(sender: string): string {
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  return domain.includes('.')
    ? ''
    : `Set SMTP_EHLO_NAME to a full host name: many servers refuse the greeting "${domain}", which is the domain of MAIL_FROM`;
}
