import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { type Config, loadConfig, type MailConfig } from './config/config.ts';
import { unknownVariables } from './config/variables.ts';
import { renderFallback, renderRunMail } from './digest/render.ts';
import type { Message, MessageKind, RenderedMail } from './domain/message.ts';
import { AuditLockedError } from './errors.ts';
import { type AuditOptions, type CompleteAudit, type FailedAudit, runAudit } from './jobs/audit.ts';
import { type DeliveryTally, deliverWithPatience } from './jobs/deliver.ts';
import { createLogger, type Logger } from './logging.ts';
import { createMailer } from './mail/mailer.ts';
import { createOmniClient } from './omni/client.ts';
import type { LookStore, MailStore } from './store/store.ts';
import { version } from './version.ts';

/** What the program does, wired to the real parts. The only file that knows them all. */
export interface App {
  readonly log: Logger;
  /**
   * One audit and the delivery of its mail.
   *
   * @throws ConfigError, DatabaseError, AuditLockedError before anything is done; a failure of the
   * audit itself is part of the answer.
   */
  audit(options: AuditOptions & { patienceMs: number }, signal: AbortSignal): Promise<AuditResult>;
  /** @throws DatabaseError */
  look(): Promise<LookStore>;
  /** @throws DatabaseError */
  mail(): Promise<MailStore>;
  /** Makes waiting and parked mail due and tries it once. @throws ConfigError, DatabaseError */
  retryMail(signal: AbortSignal): Promise<DeliveryTally>;
  /** The mail about a complete run as it would be rendered now; null when there is no such run. @throws DatabaseError */
  preview(runId: number | null): Promise<{ runId: number; mail: RenderedMail } | null>;
}

export interface AuditResult {
  audit: CompleteAudit | FailedAudit;
  delivery: DeliveryTally;
}

export interface AppOptions {
  env: NodeJS.ProcessEnv;
  clock?: Clock;
  log?: Logger;
}

export function createApp({ env, clock = systemClock, log }: AppOptions): App {
  const logger = log ?? createLogger(loadConfig(env, ['logLevel']).logLevel);
  const databasePath = (): string => loadConfig(env, ['databasePath']).databasePath;

  async function openLook(): Promise<LookStore> {
    const path = databasePath();
    const { openLookStore } = await importStore(path);
    return openLookStore(path);
  }

  async function openMail(): Promise<MailStore> {
    const path = databasePath();
    const { openMailStore } = await importStore(path);
    return openMailStore(path);
  }

  function deliveryDeps(store: MailStore, smtp: Config['smtp']) {
    return { outbox: store.outbox, mailer: createMailer(smtp), clock, log: logger, random: Math.random };
  }

  return {
    log: logger,
    async audit({ patienceMs, ...options }, signal) {
      const config = loadConfig(env, ['databasePath', 'omni', 'smtp', 'mail', 'rules']);
      warnOfUnknownVariables(env, logger);
      const audit = await auditUnderLock(config, options, { clock, log: logger }, signal);
      if (options.dryRun) return { audit, delivery: { sent: 0, pending: 0, parked: 0 } };
      using store = await openMail();
      return { audit, delivery: await deliverWithPatience(deliveryDeps(store, config.smtp), patienceMs, signal) };
    },
    look: openLook,
    mail: openMail,
    async retryMail(signal) {
      const { smtp } = loadConfig(env, ['smtp']);
      using store = await openMail();
      store.outbox.unpark(clock.now());
      return await deliverWithPatience(deliveryDeps(store, smtp), 0, signal);
    },
    async preview(runId) {
      const { organizationName } = loadConfig(env, ['organizationName']);
      using store = await openLook();
      const chosen = runId ?? store.runs.lastComplete()?.id;
      const report = chosen === undefined ? null : store.runReport(chosen);
      if (report === null) return null;
      const baseUrl = store.organisationBaseUrl() ?? '';
      const mail = renderRunMail(report, { organizationName: organizationName(baseUrl), baseUrl });
      return { runId: report.run.id, mail };
    },
  };
}

type AuditConfig = Pick<Config, 'databasePath' | 'omni' | 'mail' | 'rules'>;

async function auditUnderLock(
  { databasePath, omni, mail, rules }: AuditConfig,
  options: AuditOptions,
  { clock, log }: { clock: Clock; log: Logger },
  signal: AbortSignal,
): Promise<CompleteAudit | FailedAudit> {
  const { openAuditStore, openLookStore } = await importStore(databasePath);
  const { takeAuditLock } = await import('./store/audit-lock.ts');
  using _lock = await takeAuditLockOrExplain(databasePath, takeAuditLock, openLookStore);
  using store = openAuditStore(databasePath, clock.now());
  store.claimOrganisation(omni.baseUrl);
  const interrupted = store.runs.interruptAbandoned(clock.now());
  if (interrupted > 0) log.warn({ runs: interrupted }, 'an earlier audit ended without finishing');
  const context = { organizationName: omni.organizationName, baseUrl: omni.baseUrl };
  return await runAudit(
    {
      store,
      omni: createOmniClient({ config: omni, clock, version }),
      clock,
      log,
      rules,
      deadlineMs: omni.deadlineMs,
      holder: `process ${process.pid} on ${hostname()}`,
      render: (report) => renderRunMail(report, context),
      renderFallback,
      address: (kind, rendered, now) => addressMail(kind, rendered, now, mail),
    },
    options,
    signal,
  );
}

async function takeAuditLockOrExplain(
  path: string,
  take: (path: string) => Disposable,
  openLook: (path: string) => LookStore,
): Promise<Disposable> {
  try {
    return take(path);
  } catch (error) {
    if (!(error instanceof AuditLockedError)) throw error;
    using store = openLook(path);
    const run = store.runs.running();
    const who = run === null ? '' : `: run ${run.id}, by ${run.holder}, since ${run.startedAt}`;
    throw new AuditLockedError(`another audit is running${who}`, { mend: 'Wait for its end; this one did nothing' });
  }
}

/** Date and Message-ID are fixed here, once, so that a repeated attempt sends the same mail. */
function addressMail(
  kind: MessageKind,
  mail: RenderedMail,
  now: Date,
  { from, to }: MailConfig,
): { message: Message; recipients: string[] } {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return {
    message: {
      ...mail,
      kind,
      messageId: `<${randomUUID()}@${domain}>`,
      createdAt: now.toISOString(),
      from: from.header,
      to: to.map(({ header }) => header).join(', '),
      headers: { 'Auto-Submitted': 'auto-generated', 'List-Id': `Omni token audit <omni-token-audit.${domain}>` },
    },
    recipients: to.map(({ address }) => address),
  };
}

/**
 * SQLite reads this variable once, when it is loaded: a read-only container without a writable
 * temporary folder would otherwise fail, and only when a listing is large enough to spill.
 */
async function importStore(databasePath: string): Promise<typeof import('./store/store.ts')> {
  process.env.SQLITE_TMPDIR ??= resolve(dirname(databasePath));
  return await import('./store/store.ts');
}

function warnOfUnknownVariables(env: NodeJS.ProcessEnv, log: Logger): void {
  for (const variable of unknownVariables(env)) {
    log.warn({ variable }, 'unknown variable, perhaps a typing error: it has no effect');
  }
}
