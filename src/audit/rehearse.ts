import type { Config, startParts } from '../config/settings.ts';
import { AppError, ConfigError, DeadlineError } from '../errors.ts';
import type { Mailer, RehearsedRecipient } from '../mail/mailer.ts';
import type { OmniApi } from '../omni/api.ts';
import type { RegisterDecision } from '../rules/register.ts';
import type { ReadRegister } from '../store/register.ts';
import { minuteOf, plural } from '../text/words.ts';
import { msPerMinute } from '../time/duration.ts';
import { type CheckedPoint, checkPoint, type Passed } from './checked-point.ts';
import { type Adoption, adoptUrl, listTokenIds, rehearseOmni } from './rehearse-omni.ts';

/** The settings of the unattended worker. */
type Settings = Pick<Config, (typeof startParts)[number]>;

/** What a rehearsal tries. Each part follows the same settings. */
export interface RehearsedParts {
  settings: Settings;
  /** What to know about settings that are valid, such as a misspelt variable; one sentence each. */
  advice: readonly string[];
  /** How Omni is reached: `directly`, or through which proxy. */
  route: string;
  register: ReadRegister;
  /** Tries the database and describes its state. @throws DatabaseError */
  checkDatabase(): Passed;
  /** How to bind the database to the current base URL; null unless the operator asked for it. */
  adoption: Adoption | null;
  omni: OmniApi;
  mailer: Mailer;
  now: Date;
  /** The limit for the first requests to Omni, which may be retried several times. Two minutes by default. */
  maxOmniMs?: number;
}

/**
 * Tries everything that an audit needs, in order, and reports each point. It sends no mail.
 *
 * @param load reads the settings. @throws ConfigError with every problem
 */
export async function* rehearse(load: () => RehearsedParts, signal: AbortSignal): AsyncGenerator<CheckedPoint> {
  let parts: RehearsedParts;
  try {
    parts = load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) yield { what: 'configuration', isFine: false, message: problem, hint: '' };
    return;
  }
  yield* describeSettings(parts);
  if (parts.register.kind !== 'none') yield await checkPoint('register', async () => describeRegister(parts.register));
  yield await checkPoint('database', async () => parts.checkDatabase());
  const omni = await checkPoint('Omni', () => tryOmni(parts, signal));
  yield omni;
  if (parts.adoption !== null) yield await tryAdoption(parts, parts.adoption, omni.isFine, signal);
  yield* tryMailServer(parts, signal);
}

const shownTicks = 3;

/** Says how the settings were understood, because a valid setting can still be the wrong one. */
function* describeSettings({ settings, advice, route, now }: RehearsedParts): Generator<CheckedPoint> {
  const { omni, schedule, mail, timeZone, heartbeatUrl } = settings;
  const understood = { isFine: true, hint: '' };
  yield {
    ...understood,
    what: 'configuration',
    message: heartbeatUrl === null ? 'complete' : 'complete; the watchdog of HEARTBEAT_URL was not called',
    hint: advice.join('\n'),
  };
  yield {
    ...understood,
    what: 'organisation',
    message: `${omni.organizationName} at ${omni.baseUrl}, reached ${route}, at most ${plural(omni.requestsPerMinute, 'request')} a minute`,
  };
  const ticks: string[] = [];
  for (let at = now; ticks.length < shownTicks; ) {
    at = schedule.schedule.next(at);
    ticks.push(minuteOf(at.toISOString(), timeZone));
  }
  yield {
    ...understood,
    what: 'schedule',
    message: `"${schedule.expression}" in ${timeZone}: the next audits are due at ${ticks.join(', ')}`,
  };
  yield {
    ...understood,
    what: 'mail',
    message: `from ${mail.from.header} to ${plural(mail.to.length, 'recipient')}: ${mail.to.map(({ address }) => address).join(', ')}`,
  };
}

/** @throws AppError for a file that is wrong. Audits go on with its last good state. */
function describeRegister(register: ReadRegister): Passed {
  if (register.kind === 'broken') throw new AppError(register.problem, { hint: register.hint });
  const rows = register.kind === 'none' ? [] : [...register.rows.values()];
  const decided = (decision: RegisterDecision | null) => rows.filter((row) => row.decision === decision).length;
  const counts = `${decided('keep')} keep, ${decided('revoke')} revoke, ${decided(null)} without a decision`;
  return { message: `${plural(rows.length, 'row')}: ${counts}` };
}

/** Without a limit, a server that asks for ever longer pauses would keep `check` waiting. */
const defaultMaxOmniMs = 2 * msPerMinute;
/** The first page, whoami, both lists of users, and the roles of up to three owners. */
const requestCount = 7;

async function tryOmni(
  { settings, omni, maxOmniMs = defaultMaxOmniMs }: RehearsedParts,
  signal: AbortSignal,
): Promise<Passed> {
  const limits = { ...settings.omni, deadlineMs: settings.deadlineMs };
  // A low OMNI_REQUESTS_PER_MINUTE makes us wait before our own requests.
  const pausesMs = Math.floor((requestCount - 1) / limits.requestsPerMinute) * msPerMinute;
  return await withinTime(maxOmniMs + pausesMs, omni, signal, (stop) => rehearseOmni(omni, limits, stop));
}

/** @throws DeadlineError when the work takes longer; what the work throws. */
async function withinTime<T>(
  maxMs: number,
  api: OmniApi,
  signal: AbortSignal,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(maxMs);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    const reason = api.lastProblem === null ? '' : `: ${api.lastProblem}`;
    throw new DeadlineError(`no complete answer within ${plural(maxMs / 1000, 'second')}${reason}`, {
      hint: 'Check OMNI_BASE_URL, firewall and proxy, and whether other programs use up the rate limit of OMNI_API_TOKEN',
    });
  }
}

/** Lists all tokens, then binds the database to the base URL if they are those of the same organisation. */
async function tryAdoption(
  { settings, omni }: RehearsedParts,
  adoption: Adoption,
  isOmniFine: boolean,
  signal: AbortSignal,
): Promise<CheckedPoint> {
  const { baseUrl } = settings.omni;
  if (!isOmniFine) return { what: 'Omni', isFine: false, message: 'the database was not adopted', hint: '' };
  let listed = new Set<string>();
  const listing = await checkPoint('Omni', async () => {
    listed = await withinTime(settings.deadlineMs, omni, signal, (stop) => listTokenIds(omni, stop));
    return { message: `${baseUrl} was read in full` };
  });
  return listing.isFine ? await checkPoint('database', async () => adoptUrl(listed, adoption, baseUrl)) : listing;
}

/** Reports the mail server, then each recipient. Without a mail server, the recipients are only listed. */
async function* tryMailServer({ settings, mailer }: RehearsedParts, signal: AbortSignal): AsyncGenerator<CheckedPoint> {
  const { smtp, mail } = settings;
  const addresses = mail.to.map(({ address }) => address);
  let recipients: RehearsedRecipient[] = [];
  const server = await checkPoint('mail server', async () => {
    const rehearsal = await mailer.rehearse(mail.from.address, addresses, signal);
    recipients = rehearsal.recipients;
    const login = rehearsal.isLoggedIn ? 'logged in' : 'without a login';
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
