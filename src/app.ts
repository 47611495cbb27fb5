import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Clock, systemClock } from './clock.ts';
import { type Config, loadConfig } from './config/config.ts';
import { unknownVariables } from './config/variables.ts';
import type { MailContext } from './digest/content.ts';
import { failingContent, recoveredContent } from './digest/outage-content.ts';
import { renderFallback, renderFallbackNotice, renderMail } from './digest/render.ts';
import { runContent } from './digest/run-content.ts';
import { summaryContent } from './digest/summary-content.ts';
import { testContent } from './digest/test-content.ts';
import { AuditLockedError } from './errors.ts';
import { createHeartbeat, type Heartbeat, noHeartbeat } from './heartbeat/heartbeat.ts';
import { type AuditOptions, runAudit } from './jobs/audit.ts';
import type { CompleteAudit, FailedAudit } from './jobs/audit-result.ts';
import { type DeliverDeps, type DeliveryTally, deliverDue, deliverWithPatience } from './jobs/deliver.ts';
import type { MailRenderer } from './jobs/run-mail.ts';
import { createLogger, type DestinationStream, type Logger } from './logging.ts';
import { importStore, openMail } from './look.ts';
import { createMailer } from './mail/mailer.ts';
import { addressMail } from './mail-address.ts';
import { createOmniClient } from './omni/client.ts';
import { runWorker } from './schedule/worker.ts';
import type { AuditStore, MailStore } from './store/store.ts';
import { version } from './version.ts';

/** What the program does, wired to the real parts. The only file that knows them all. */
export interface App {
  readonly log: Logger;
  /**
   * One audit and the delivery of its mail, and of all other mail that waits.
   *
   * @throws ConfigError, DatabaseError, AuditLockedError before anything is done; a failure of the
   * audit itself is part of the answer.
   */
  audit(options: AuditOptions & { patienceMs: number }, signal: AbortSignal): Promise<AuditResult>;
  /** The unattended worker, until the signal is aborted. @throws ConfigError, DatabaseError before it begins. */
  start(signal: AbortSignal): Promise<void>;
  /** Makes waiting and parked mail due and tries it once. @throws ConfigError, DatabaseError */
  retryMail(signal: AbortSignal): Promise<DeliveryTally>;
  /** A test mail through the outbox, like any other. @throws ConfigError, DatabaseError */
  sendTest(signal: AbortSignal): Promise<DeliveryTally>;
}

export interface AuditResult {
  audit: CompleteAudit | FailedAudit;
  delivery: DeliveryTally;
}

export interface AppOptions {
  env: NodeJS.ProcessEnv;
  clock?: Clock;
  /** Where log lines go; stderr unless told. */
  logDestination?: DestinationStream;
}

/** Settings are read anew for each audit and each delivery, so that a rotated secret is taken up. */
export function createApp({ env, clock = systemClock, logDestination }: AppOptions): App {
  const log = createLogger(loadConfig(env, ['logLevel']).logLevel, logDestination);
  const deliverDeps = (store: MailStore, smtp: Config['smtp']): DeliverDeps => ({
    outbox: store.outbox,
    mailer: createMailer(smtp),
    clock,
    log,
    random: Math.random,
  });

  async function audit(
    options: AuditOptions,
    deliver: (deps: DeliverDeps) => Promise<DeliveryTally>,
    signal: AbortSignal,
  ): Promise<AuditResult> {
    const config = loadConfig(env, auditParts);
    const heartbeat = options.dryRun ? noHeartbeat : heartbeatOf(config, log);
    try {
      const done = await auditUnderLock(
        config,
        options,
        { clock, log, begin: () => heartbeat('start', signal) },
        signal,
      );
      if (options.dryRun) return { audit: done, delivery: { sent: 0, pending: 0, parked: 0 } };
      using store = await openMail(env);
      discardForFormerReaders(store, config.mail, clock.now(), log);
      const delivery = await deliver(deliverDeps(store, config.smtp));
      const isAchieved = done.status === 'complete' && delivery.pending + delivery.parked === 0;
      await heartbeat(isAchieved ? 'success' : 'fail', signal);
      return { audit: done, delivery };
    } catch (error) {
      // Another audit with the same watchdog is under way and will tell it.
      if (!(error instanceof AuditLockedError)) await heartbeat('fail', signal);
      throw error;
    }
  }

  return {
    log,
    async audit({ patienceMs, ...options }, signal) {
      warnOfUnknownVariables(env, log);
      return await audit(options, (deps) => deliverWithPatience(deps, patienceMs, signal), signal);
    },
    async start(signal) {
      const config = loadConfig(env, [...auditParts, 'schedule']);
      warnOfUnknownVariables(env, log);
      await prepareDatabase(config, clock);
      const { openLookStore } = await importStore(config.databasePath);
      let owesSuccess = false;
      await runWorker(
        {
          ...config.schedule,
          databasePath: config.databasePath,
          clock,
          log,
          version,
          // Opened anew each time: the database may have been upgraded or replaced by another process.
          attempts() {
            using store = openLookStore(config.databasePath);
            return store.runs.attempts();
          },
          async audit(trigger, auditSignal) {
            const result = await audit(
              { trigger, dryRun: false },
              (deps) => deliverDue(deps, auditSignal),
              auditSignal,
            );
            owesSuccess = result.audit.status === 'complete' && result.delivery.pending + result.delivery.parked > 0;
          },
          async deliver(deliverySignal) {
            const current = loadConfig(env, ['smtp', 'mail', 'heartbeatUrl']);
            using store = await openMail(env);
            discardForFormerReaders(store, current.mail, clock.now(), log);
            const { pending, parked } = await deliverDue(deliverDeps(store, current.smtp), deliverySignal);
            if (owesSuccess && pending + parked === 0) {
              owesSuccess = false;
              await heartbeatOf(current, log)('success', deliverySignal);
            }
            return store.outbox.nextDue();
          },
        },
        signal,
      );
    },
    async retryMail(signal) {
      const { smtp } = loadConfig(env, ['smtp']);
      using store = await openMail(env);
      store.outbox.unpark(clock.now());
      return await deliverWithPatience(deliverDeps(store, smtp), 0, signal);
    },
    async sendTest(signal) {
      const config = loadConfig(env, ['databasePath', 'omni', 'smtp', 'mail']);
      await prepareDatabase(config, clock);
      using store = await openMail(env);
      const now = clock.now();
      const { message, recipients } = addressMail(
        'test',
        renderMail(testContent(now, config.omni)),
        now,
        [],
        config.mail,
      );
      store.outbox.enqueue(message, recipients, null);
      return await deliverDue(deliverDeps(store, config.smtp), signal);
    },
  };
}

const auditParts = ['databasePath', 'omni', 'smtp', 'mail', 'rules', 'telling', 'deadlineMs', 'heartbeatUrl'] as const;
type AuditConfig = Pick<Config, (typeof auditParts)[number]>;

interface Surroundings {
  clock: Clock;
  log: Logger;
  /** Called once the lock is held: nothing stands in the way of the audit any more. */
  begin(): Promise<void>;
}

async function auditUnderLock(
  config: AuditConfig,
  options: AuditOptions,
  { clock, log, begin }: Surroundings,
  signal: AbortSignal,
): Promise<CompleteAudit | FailedAudit> {
  const prepare = options.dryRun ? openForDryRun : openForAudit;
  return await prepare(config, clock, async (store) => {
    await begin();
    const interrupted = options.dryRun ? 0 : store.runs.interruptAbandoned(clock.now());
    if (interrupted > 0) log.warn({ runs: interrupted }, 'an earlier audit ended without finishing');
    const deps = {
      store,
      omni: createOmniClient({ config: config.omni, clock, version }),
      clock,
      log,
      rules: config.rules,
      ...config.telling,
      deadlineMs: config.deadlineMs,
      holder: `process ${process.pid} on ${hostname()}`,
      mails: mailRenderer(config.omni),
      address: (kind, mail, now, thread) => addressMail(kind, mail, now, thread, config.mail),
    } satisfies Parameters<typeof runAudit>[0];
    return await runAudit(deps, options, signal);
  });
}

/** Makes or upgrades the database and refuses a foreign one, before any work begins. */
async function prepareDatabase(config: Pick<Config, 'databasePath' | 'omni'>, clock: Clock): Promise<void> {
  try {
    await openForAudit(config, clock, async () => {});
  } catch (error) {
    // Whoever holds the lock has prepared it.
    if (!(error instanceof AuditLockedError)) throw error;
  }
}

async function openForAudit<T>(
  { databasePath, omni }: Pick<Config, 'databasePath' | 'omni'>,
  clock: Clock,
  use: (store: AuditStore) => Promise<T>,
): Promise<T> {
  const { lockForAudit, openAuditStore } = await importStore(databasePath);
  using _lock = lockForAudit(databasePath);
  using store = openAuditStore(databasePath, clock.now());
  store.claimOrganisation(omni.baseUrl);
  return await use(store);
}

/** As for an audit, but a database that is not there is not made, and nothing is claimed. */
async function openForDryRun<T>(
  config: Pick<Config, 'databasePath' | 'omni'>,
  clock: Clock,
  use: (store: AuditStore) => Promise<T>,
): Promise<T> {
  const { databasePath, omni } = config;
  const { lockForAudit, openAuditStore } = await importStore(databasePath);
  const exists = existsSync(databasePath);
  using _lock = exists ? lockForAudit(databasePath) : null;
  using store = openAuditStore(exists ? databasePath : ':memory:', clock.now());
  store.requireOrganisation(omni.baseUrl);
  return await use(store);
}

function mailRenderer(context: MailContext): MailRenderer {
  return {
    run: (report) => renderMail(runContent(report, context)),
    fallback: renderFallback,
    fallbackNotice: renderFallbackNotice,
    summary: (facts) => renderMail(summaryContent(facts, context)),
    failing: (outage, mend) => renderMail(failingContent(outage, mend, context)),
    recovered: (outage, run) => renderMail(recoveredContent(outage, run, context)),
  };
}

function heartbeatOf({ heartbeatUrl }: Pick<Config, 'heartbeatUrl'>, log: Logger): Heartbeat {
  return heartbeatUrl === null ? noHeartbeat : createHeartbeat(heartbeatUrl, log);
}

function discardForFormerReaders(store: MailStore, { to }: Config['mail'], now: Date, log: Logger): void {
  const readers = to.map(({ address }) => address);
  for (const { deliveryId, recipient } of store.outbox.discardForOthersThan(readers, now)) {
    log.warn({ deliveryId, recipient }, 'mail discarded: the address is no longer in MAIL_TO');
  }
}

function warnOfUnknownVariables(env: NodeJS.ProcessEnv, log: Logger): void {
  for (const variable of unknownVariables(env)) {
    log.warn({ variable }, 'unknown variable, perhaps a typing error: it has no effect');
  }
}
