import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { type AuditJobDeps, type AuditResult, auditAndDeliver } from './audit/audit-job.ts';
import { createHeartbeat, type Heartbeat, noHeartbeat } from './audit/heartbeat.ts';
import { enqueueTestMail, type RunMailDeps } from './audit/queue-mails.ts';
import { queueNotice } from './audit/queue-notice.ts';
import { recordUnstarted } from './audit/record-failure.ts';
import { type CheckedPoint, rehearse } from './audit/rehearse.ts';
import { type AuditOptions, runAudit } from './audit/run-audit.ts';
import { type Clock, systemClock } from './clock.ts';
import {
  type AuditConfig,
  auditParts,
  type Config,
  loadConfig,
  type MailConfig,
  unknownVariables,
} from './config/settings.ts';
import { explainingDatabaseErrors } from './database-error.ts';
import type { MailContext } from './digest/content/mail-content.ts';
import { AuditLockedError } from './errors.ts';
import { createLogger, type DestinationStream, type Logger, type LogLevel } from './logging.ts';
import { addressMail } from './mail/address-mail.ts';
import { type DeliverDeps, type DeliveryTally, deliverDue, deliverOnly, deliverWithPatience } from './mail/deliver.ts';
import { createMailer } from './mail/mailer.ts';
import type { OmniApi } from './omni/api.ts';
import { createOmniApi } from './omni/create-omni-api.ts';
import { createOmniHttp } from './omni/http.ts';
import { createJudge } from './rules/judge.ts';
import { auditUnattended, deliverUnattended } from './schedule/unattended.ts';
import { runWorker } from './schedule/worker.ts';
import { checkDatabase } from './store/inspect-database.ts';
import {
  type AuditStore,
  lockForAudit,
  openAuditStore,
  openReadStore,
  openSharedStore,
  type SharedStore,
} from './stores.ts';

/** Everything that the program does, except queries. Query commands do not use this, so that they load less code. */
export interface App {
  readonly log: Logger;
  /**
   * Runs one audit, then delivers its mail and all other waiting mail. A failed audit is a result, not an error.
   *
   * @throws ConfigError, DatabaseError, AuditLockedError before anything is done
   */
  audit(options: AuditOptions & { patienceMs: number }, signal: AbortSignal): Promise<AuditResult>;
  /** Runs the unattended worker until the signal is aborted. @throws ConfigError, DatabaseError before it starts */
  start(signal: AbortSignal): Promise<void>;
  /** Tries everything that an audit needs. `adoptUrl` binds the database to the current OMNI_BASE_URL. */
  check(options: { adoptUrl: boolean }, signal: AbortSignal): AsyncGenerator<CheckedPoint>;
  /** Attempts to deliver all waiting and parked mail once. @throws ConfigError, DatabaseError */
  retryMail(signal: AbortSignal): Promise<DeliveryTally>;
  /** Sends a test mail through the outbox, and touches no other mail. @throws ConfigError, DatabaseError */
  sendTest(signal: AbortSignal): Promise<DeliveryTally>;
}

export interface AppOptions {
  env: NodeJS.ProcessEnv;
  clock?: Clock;
  /** Where log lines go; stderr by default. */
  logDestination?: DestinationStream;
}

/** Creates the app. It reads the settings again for each audit and each delivery, so that a rotated secret takes effect. */
export function createApp({ env, clock = systemClock, logDestination }: AppOptions): App {
  const log = createLogger(logLevelOf(env), logDestination);
  const parts: Parts = { env, clock, log };

  function auditJob(deliver: (deps: DeliverDeps) => Promise<DeliveryTally>): AuditJobDeps {
    return {
      audit: (options, onBegin, signal) => auditUnderLock(parts, options, onBegin, signal),
      deliver: () => withOutbox(parts, deliver),
      heartbeat: heartbeatOf(parts),
    };
  }

  return {
    log,
    async audit({ patienceMs, ...options }, signal) {
      warnOfUnknownVariables(parts);
      return await auditAndDeliver(
        auditJob((deps) => deliverWithPatience(deps, patienceMs, signal)),
        options,
        signal,
      );
    },
    async start(signal) {
      const config = loadConfig(env, [...auditParts, 'schedule']);
      warnOfUnknownVariables(parts);
      await prepareDatabase(parts, config);
      await runWorker(
        {
          ...config.schedule,
          databasePath: config.databasePath,
          clock,
          log,
          // Opened each time, because another process may have upgraded or replaced the database.
          runs() {
            using store = openReadStore(config.databasePath);
            return store.runs.recent();
          },
          async audit(trigger, auditSignal) {
            const job = auditJob((deps) => deliverDue(deps, auditSignal));
            const recordFailed = (...failure: [typeof trigger, Error]): Promise<void> =>
              openForAudit(parts, config, false, async (store) =>
                recordUnstarted(failureDeps(parts, config, store), ...failure),
              );
            await auditUnattended({ ...job, recordUnstarted: recordFailed }, trigger, auditSignal);
          },
          deliver: (deliverySignal) =>
            withOutbox(parts, (deps, store) => deliverUnattended(deps, store, heartbeatOf(parts), deliverySignal)),
        },
        signal,
      );
    },
    check: ({ adoptUrl }, signal) =>
      rehearse(
        {
          settings: () => loadConfig(env, [...auditParts, 'schedule']),
          unknownVariables: unknownVariables(env),
          database: ({ databasePath, omni }) => checkDatabase(databasePath, omni.baseUrl, adoptUrl, clock.now()),
          omni: ({ omni }) => omniApi(parts, omni),
          mailer: ({ smtp }) => createMailer(smtp, clock),
        },
        signal,
      ),
    async retryMail(signal) {
      return await withOutbox(parts, async (deps, store) => {
        store.outbox.unpark(clock.now());
        return await deliverWithPatience(deps, 0, signal);
      });
    },
    async sendTest(signal) {
      const config = loadConfig(env, ['databasePath', 'omni', 'smtp', 'mail', 'timeZone']);
      await prepareDatabase(parts, config);
      return await withOutbox(parts, async (deps, store) => {
        const mailDeps = {
          store,
          context: mailContext(config),
          address: addressOf(config.mail),
          recipients: addressesOf(config.mail),
        };
        const messageId = store.transactions.run((tx) => enqueueTestMail(tx, mailDeps, clock.now()));
        return await deliverOnly(deps, messageId, signal);
      });
    },
  };
}

/** What the functions below share. */
interface Parts {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
}

/** Returns `info` if the level is invalid. The command reports it later, together with all other invalid settings. */
function logLevelOf(env: NodeJS.ProcessEnv): LogLevel {
  try {
    return loadConfig(env, ['logLevel']).logLevel;
  } catch {
    return 'info';
  }
}

async function auditUnderLock(
  parts: Parts,
  options: AuditOptions,
  onBegin: () => Promise<void>,
  signal: AbortSignal,
): ReturnType<AuditJobDeps['audit']> {
  const config = loadConfig(parts.env, auditParts);
  return await openForAudit(parts, config, options.dryRun, async (store) => {
    await onBegin();
    const deps = {
      ...failureDeps(parts, config, store),
      omni: omniApi(parts, config.omni),
      judge: createJudge(config.rules),
      baseUrl: config.omni.baseUrl,
      deadlineMs: config.deadlineMs,
      retentionDays: config.retentionDays,
      random: Math.random,
    };
    return await runAudit(deps, options, signal);
  });
}

function omniApi({ clock, log }: Parts, config: Config['omni']): OmniApi {
  return createOmniApi(createOmniHttp({ config, clock, log }));
}

/** Creates or upgrades the database before any work begins. Throws if it belongs to another organisation or program. */
async function prepareDatabase(parts: Parts, config: Pick<Config, 'databasePath' | 'omni'>): Promise<void> {
  try {
    await openForAudit(parts, config, false, async () => {});
  } catch (error) {
    // The process that holds the lock has already prepared the database.
    if (!(error instanceof AuditLockedError)) throw error;
  }
}

/** Opens the database under the audit lock. A dry run neither creates nor upgrades it; without a database it works in memory. */
async function openForAudit<T>(
  { clock }: Parts,
  { databasePath, omni }: Pick<Config, 'databasePath' | 'omni'>,
  dryRun: boolean,
  use: (store: AuditStore) => Promise<T>,
): Promise<T> {
  const onDisk = !dryRun || existsSync(databasePath);
  using _lock = onDisk ? lockForAudit(databasePath) : null;
  using store = openAuditStore(onDisk ? databasePath : ':memory:', clock.now(), { mayUpgrade: !dryRun });
  return await explainingDatabaseErrors(`the database ${store.path}`, async () => {
    store.organisation.require(omni.baseUrl);
    return await use(store);
  });
}

async function withOutbox<T>(
  { env, clock, log }: Parts,
  use: (deps: DeliverDeps, store: SharedStore) => Promise<T>,
): Promise<T> {
  const { smtp, mail, databasePath, organizationName, timeZone } = loadConfig(env, [
    'smtp',
    'mail',
    'databasePath',
    'organizationName',
    'timeZone',
  ]);
  using store = openSharedStore(databasePath);
  // Before the first complete audit, the database belongs to no organisation.
  const baseUrl = store.organisation.baseUrl() ?? 'https://omni';
  const context = { organizationName: organizationName(baseUrl), baseUrl, hasAttachments: mail.attaches, timeZone };
  const noticeDeps = { store, context, address: addressOf(mail) };
  const deps: DeliverDeps = {
    outbox: store.outbox,
    transactions: store.transactions,
    queueNotice: (tx, delivery, now) => queueNotice(tx, noticeDeps, delivery, now),
    mailer: createMailer(smtp, clock),
    sender: mail.from,
    recipients: addressesOf(mail),
    clock,
    log,
    random: Math.random,
  };
  return await explainingDatabaseErrors(`the database ${store.path}`, () => use(deps, store));
}

function failureDeps(
  { clock, log }: Parts,
  config: AuditConfig,
  store: AuditStore,
): RunMailDeps & { clock: Clock; lockedBy: string } {
  const { mail, notification } = config;
  return {
    store,
    log,
    clock,
    lockedBy: `process ${process.pid} on ${hostname()}`,
    policy: { ...notification.policy, timeZone: config.timeZone },
    alertAfterMs: notification.alertAfterMs,
    context: mailContext(config),
    address: addressOf(mail),
    recipients: addressesOf(mail),
  };
}

function addressOf(mail: MailConfig): RunMailDeps['address'] {
  return (kind, rendered, now, details) => addressMail(kind, rendered, now, details, mail);
}

function addressesOf({ to }: MailConfig): string[] {
  return to.map(({ address }) => address);
}

function mailContext({ omni, mail, timeZone }: Pick<Config, 'omni' | 'mail' | 'timeZone'>): MailContext {
  const { organizationName, baseUrl } = omni;
  return { organizationName, baseUrl, hasAttachments: mail.attaches, timeZone };
}

/** Returns a heartbeat that does nothing if HEARTBEAT_URL is invalid, because that must not stop a running worker. */
function heartbeatOf({ env, log }: Parts): Heartbeat {
  try {
    const { heartbeatUrl } = loadConfig(env, ['heartbeatUrl']);
    return heartbeatUrl === null ? noHeartbeat : createHeartbeat(heartbeatUrl, log);
  } catch (error) {
    log.error({ err: error }, 'the heartbeat cannot be sent');
    return noHeartbeat;
  }
}

function warnOfUnknownVariables({ env, log }: Parts): void {
  for (const variable of unknownVariables(env)) {
    log.warn({ variable }, 'unknown variable, which has no effect; check its spelling');
  }
}
