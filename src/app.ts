import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { CompleteAudit, FailedAudit } from './audit/audit-result.ts';
import type { RunMailDeps } from './audit/queue-mails.ts';
import { recordFailure } from './audit/record-failure.ts';
import { type AuditOptions, runAudit } from './audit/run-audit.ts';
import { type Clock, systemClock } from './clock.ts';
import { type AuditConfig, auditParts, type Config, loadConfig } from './config/config.ts';
import { unknownVariables } from './config/variables.ts';
import { explainingDatabaseErrors } from './database-error.ts';
import type { MailContext } from './digest/content/mail-content.ts';
import { testContent } from './digest/content/test-content.ts';
import { createMailRenderer } from './digest/mail-renderer.ts';
import { renderMail } from './digest/render/render-mail.ts';
import { AuditLockedError, ConfigError } from './errors.ts';
import { createLogger, type DestinationStream, type Logger, type LogLevel } from './logging.ts';
import { importStore, openMail } from './look.ts';
import { addressMail } from './mail/address-mail.ts';
import { type DeliverDeps, type DeliveryTally, deliverDue, deliverWithPatience } from './mail/deliver.ts';
import { createMailer } from './mail/mailer.ts';
import { createOmniClient } from './omni/client.ts';
import { createHeartbeat, type Heartbeat, noHeartbeat } from './schedule/heartbeat.ts';
import { runWorker } from './schedule/worker.ts';
import type { RunTrigger } from './store/runs.ts';
import type { AuditStore, MailStore } from './stores.ts';
import { version } from './version.ts';

/** What the program does, wired to the real parts. Its small siblings are look.ts and check.ts, which load less. */
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
  const log = createLogger(logLevelOf(env), logDestination);
  const deliverDeps = (store: MailStore, smtp: Config['smtp']): DeliverDeps => ({
    outbox: store.outbox,
    mailer: createMailer(smtp),
    clock,
    log,
    random: Math.random,
  });

  /** What waits for a former reader is never sent, whoever asks for the delivery. */
  async function deliver<T>(
    { smtp, mail }: Pick<Config, 'smtp' | 'mail'>,
    work: (deps: DeliverDeps, store: MailStore) => Promise<T>,
  ): Promise<T> {
    using store = await openMail(env);
    return await explainingDatabaseErrors(`the database ${store.path}`, async () => {
      discardForFormerReaders(store, mail, clock.now(), log);
      return await work(deliverDeps(store, smtp), store);
    });
  }

  async function audit(
    options: AuditOptions,
    work: (deps: DeliverDeps) => Promise<DeliveryTally>,
    signal: AbortSignal,
  ): Promise<AuditResult> {
    const config = loadConfig(env, auditParts);
    const heartbeat = options.dryRun ? noHeartbeat : heartbeatOf(env, log);
    let done: CompleteAudit | FailedAudit;
    try {
      const begin = (): Promise<void> => heartbeat('start', signal);
      done = await auditUnderLock(config, options, { clock, log, begin }, signal);
    } catch (error) {
      // Another audit with the same watchdog is under way and will tell it.
      if (!(error instanceof AuditLockedError)) await heartbeat('fail', signal);
      throw error;
    }
    if (options.dryRun) return { audit: done, delivery: { sent: 0, pending: 0, parked: 0 } };
    const delivery = await deliver(config, work);
    const isAchieved = done.status === 'complete' && !isWaiting(delivery);
    await heartbeat(isAchieved ? 'success' : 'fail', signal);
    return { audit: done, delivery };
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
      const { openReadStore } = await importStore(config.databasePath);
      await runWorker(
        {
          ...config.schedule,
          databasePath: config.databasePath,
          clock,
          log,
          version,
          // Opened anew each time: the database may have been upgraded or replaced by another process.
          attempts() {
            using store = openReadStore(config.databasePath);
            return store.runs.attempts();
          },
          async audit(trigger, auditSignal) {
            try {
              await audit(
                { trigger, dryRun: false, acceptRemovals: false },
                (deps) => deliverDue(deps, auditSignal),
                auditSignal,
              );
            } catch (error) {
              // Such as a secret's file that vanished: it has to be told like any failure.
              if (!(error instanceof ConfigError)) throw error;
              await heartbeatOf(env, log)('fail', auditSignal);
              await recordUnbegun(config, trigger, error, { clock, log });
            }
          },
          async deliver(deliverySignal) {
            return await deliver(loadConfig(env, ['smtp', 'mail']), async (deps, store) => {
              const waited = isWaiting(store.outbox.counts());
              const tally = await deliverDue(deps, deliverySignal);
              const isAchieved = store.runs.last()?.status === 'complete';
              if (waited && !isWaiting(tally) && isAchieved) await heartbeatOf(env, log)('success', deliverySignal);
              return store.outbox.nextDue();
            });
          },
        },
        signal,
      );
    },
    async retryMail(signal) {
      return await deliver(loadConfig(env, ['smtp', 'mail']), async (deps, store) => {
        store.outbox.unpark(clock.now());
        return await deliverWithPatience(deps, 0, signal);
      });
    },
    async sendTest(signal) {
      const config = loadConfig(env, ['databasePath', 'omni', 'smtp', 'mail']);
      await prepareDatabase(config, clock);
      return await deliver(config, async (deps, store) => {
        const now = clock.now();
        const mail = renderMail(testContent(now, mailContext(config)));
        const surroundings = { runId: null, thread: [], attachments: [] };
        const { message, recipients } = addressMail('test', mail, now, surroundings, config.mail);
        store.outbox.enqueue(message, recipients, null);
        return await deliverDue(deps, signal);
      });
    },
  };
}

/** A wrong level is reported with all other problems of a command, and not before them. */
function logLevelOf(env: NodeJS.ProcessEnv): LogLevel {
  try {
    return loadConfig(env, ['logLevel']).logLevel;
  } catch {
    return 'info';
  }
}

function isWaiting({ pending, parked }: { pending: number; parked: number }): boolean {
  return pending + parked > 0;
}

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
  return await openForAudit(config, clock, options.dryRun, async (store) => {
    await begin();
    const deps = {
      ...runMailDeps(config, store, log),
      omni: createOmniClient({ config: config.omni, clock, version }),
      clock,
      rules: config.rules,
      baseUrl: config.omni.baseUrl,
      deadlineMs: config.deadlineMs,
      retentionDays: config.retentionDays,
      lockedBy: thisProcess(),
    };
    return await runAudit(deps, options, signal);
  });
}

/** Makes or upgrades the database and refuses a foreign one, before any work begins. */
async function prepareDatabase(config: Pick<Config, 'databasePath' | 'omni'>, clock: Clock): Promise<void> {
  try {
    await openForAudit(config, clock, false, async () => {});
  } catch (error) {
    // Whoever holds the lock has prepared it.
    if (!(error instanceof AuditLockedError)) throw error;
  }
}

/** Writes down an audit whose settings became unusable, so that it is tried again and told like any that failed. */
async function recordUnbegun(
  config: AuditConfig,
  trigger: RunTrigger,
  error: ConfigError,
  { clock, log }: Pick<Surroundings, 'clock' | 'log'>,
): Promise<void> {
  await openForAudit(config, clock, false, async (store) => {
    recordFailure({ ...runMailDeps(config, store, log), clock, lockedBy: thisProcess() }, trigger, error);
  });
}

/** A dry run neither makes nor upgrades a database: where there is none, it works in memory. */
async function openForAudit<T>(
  { databasePath, omni }: Pick<Config, 'databasePath' | 'omni'>,
  clock: Clock,
  dryRun: boolean,
  use: (store: AuditStore) => Promise<T>,
): Promise<T> {
  const { lockForAudit, openAuditStore } = await importStore(databasePath);
  const onDisk = !dryRun || existsSync(databasePath);
  using _lock = onDisk ? lockForAudit(databasePath) : null;
  using store = openAuditStore(onDisk ? databasePath : ':memory:', clock.now(), { mayUpgrade: !dryRun });
  return await explainingDatabaseErrors(`the database ${store.path}`, async () => {
    store.requireOrganisation(omni.baseUrl);
    return await use(store);
  });
}

function runMailDeps(config: AuditConfig, store: AuditStore, log: Logger): RunMailDeps {
  const { mail, notification } = config;
  return {
    store,
    log,
    ...notification,
    attaches: mail.attaches,
    mails: createMailRenderer(mailContext(config)),
    address: (kind, rendered, now, surroundings) => addressMail(kind, rendered, now, surroundings, mail),
  };
}

function mailContext({ omni, mail }: Pick<Config, 'omni' | 'mail'>): MailContext {
  return { organizationName: omni.organizationName, baseUrl: omni.baseUrl, hasAttachments: mail.attaches };
}

function thisProcess(): string {
  return `process ${process.pid} on ${hostname()}`;
}

/** A watchdog's address that cannot be read stops neither an audit nor the mail. */
function heartbeatOf(env: NodeJS.ProcessEnv, log: Logger): Heartbeat {
  try {
    const { heartbeatUrl } = loadConfig(env, ['heartbeatUrl']);
    return heartbeatUrl === null ? noHeartbeat : createHeartbeat(heartbeatUrl, log);
  } catch (error) {
    log.error({ err: error }, 'the heartbeat cannot be sent');
    return noHeartbeat;
  }
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
