import {
  addressesOf,
  addressOf,
  createParts,
  failureDeps,
  heartbeatOf,
  mailContext,
  omniApi,
  openForAudit,
  type Parts,
  prepareDatabase,
  withOutbox,
} from './app-parts.ts';
import { type AuditJobDeps, type AuditResult, auditAndDeliver } from './audit/audit-job.ts';
import type { CheckedPoint } from './audit/checked-point.ts';
import { enqueueTestMail } from './audit/queue-mails.ts';
import { readRegister } from './audit/read-register.ts';
import { recordUnstarted } from './audit/record-failure.ts';
import { type RehearsedParts, rehearse } from './audit/rehearse.ts';
import { reportStuckAudit } from './audit/report-stuck-audit.ts';
import { type AuditOptions, runAudit } from './audit/run-audit.ts';
import { type Clock, systemClock } from './clock.ts';
import { adviceOn } from './config/advice.ts';
import { keepUntilRestart, orLastValid, type ReadEnvironment } from './config/live-settings.ts';
import { proxyFor } from './config/proxy.ts';
import { auditParts, loadConfig, startParts } from './config/settings.ts';
import { unknownVariables } from './config/unknown-variables.ts';
import { createLogger, type DestinationStream, type Logger, type LogLevel } from './logging.ts';
import { type DeliverDeps, type DeliveryTally, deliverDue, deliverOnly, deliverWithPatience } from './mail/deliver.ts';
import { createMailer } from './mail/mailer.ts';
import { createJudge } from './rules/judge.ts';
import { auditUnattended, deliverUnattended, type UnattendedDeps } from './schedule/unattended.ts';
import { runWorker } from './schedule/worker.ts';
import { lastSignOfLife } from './store/audit-lock.ts';
import { adoptDatabase, checkDatabase, currentTokenIds } from './store/inspect-database.ts';
import { openReadStore, type SharedStore } from './stores.ts';

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
  environment: ReadEnvironment;
  clock?: Clock;
  /** Where log lines go; stderr by default. */
  logDestination?: DestinationStream;
}

/** Creates the app. It reads the settings again for each audit and each delivery, so that a rotated secret takes effect. */
export function createApp({ environment, clock = systemClock, logDestination }: AppOptions): App {
  const log = createLogger(logLevelOf(environment()), logDestination);
  const parts = createParts({ environment, clock, log });

  return {
    log,
    async audit({ patienceMs, ...options }, signal) {
      for (const { variable, message } of unknownVariables(environment())) {
        log.warn({ variable, hint: message }, 'unknown variable ignored');
      }
      const job = auditJob(parts, (deps) => deliverWithPatience(deps, patienceMs, signal));
      return await auditAndDeliver(job, options, signal);
    },
    start: (signal) => startWorker(createParts({ ...parts, environment: keepUntilRestart(environment, log) }), signal),
    check: ({ adoptUrl }, signal) => rehearse(() => rehearsedParts(parts, adoptUrl), signal),
    async retryMail(signal) {
      return await withOutbox(parts, async (deps, store) => {
        store.outbox.unpark(clock.now());
        return await deliverWithPatience(deps, 0, signal);
      });
    },
    async sendTest(signal) {
      const config = loadConfig(environment(), ['databasePath', 'omni', 'smtp', 'mail', 'timeZone']);
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

/** Reads the settings once, and creates what a rehearsal tries. @throws ConfigError with every problem. */
function rehearsedParts(parts: Parts, adoptUrl: boolean): RehearsedParts {
  const env = parts.environment();
  const settings = loadConfig(env, startParts);
  const { databasePath, omni, proxy, smtp } = settings;
  const now = parts.clock.now();
  const shownProxy = proxyFor(omni.baseUrl, proxy);
  parts.useProxy(proxy);
  return {
    settings,
    advice: adviceOn(env, settings, now).map(({ message }) => message),
    route: shownProxy === null ? 'directly' : `through the proxy ${shownProxy}`,
    register: readRegister(settings.registerFile, settings.timeZone, now),
    checkDatabase: () => checkDatabase(databasePath, adoptUrl ? null : omni.baseUrl),
    adoption: adoptUrl
      ? {
          currentTokenIds: () => currentTokenIds(databasePath),
          adopt: () => adoptDatabase(databasePath, omni.baseUrl, parts.clock.now()),
        }
      : null,
    omni: omniApi(parts, omni),
    mailer: createMailer(smtp, parts.clock),
    now,
  };
}

/** Returns `info` if the level is invalid. The command reports it later, together with all other invalid settings. */
function logLevelOf(env: NodeJS.ProcessEnv): LogLevel {
  try {
    return loadConfig(env, ['logLevel']).logLevel;
  } catch {
    return 'info';
  }
}

async function startWorker(parts: Parts, signal: AbortSignal): Promise<void> {
  const { environment, clock, log } = parts;
  const config = loadConfig(environment(), startParts);
  const { databasePath, schedule } = config;
  const failureSettings = orLastValid(() => loadConfig(environment(), auditParts));
  const recordFailed: RecordUnstarted = async (trigger, error) => {
    // The recipients may have changed since the other settings were valid.
    const settings = { ...failureSettings(), mail: parts.deliverySettings().mail };
    await openForAudit(parts, config, false, async (store) =>
      recordUnstarted(failureDeps(parts, settings, store), trigger, error),
    );
  };
  // They all keep what is valid now.
  failureSettings();
  parts.deliverySettings();
  parts.heartbeatUrl();
  for (const { variable, message } of adviceOn(environment(), config, clock.now())) {
    log.warn({ variable, hint: message }, 'a setting may not mean what was intended');
  }
  await prepareDatabase(parts, config);
  await runWorker(
    {
      ...schedule,
      databasePath,
      clock,
      log,
      // Opened each time, because another process may have upgraded or replaced the database.
      runs() {
        using store = openReadStore(databasePath);
        return store.runs.recent();
      },
      async audit(trigger, auditSignal) {
        const job = auditJob(parts, (deps) => deliverDue(deps, auditSignal));
        await auditUnattended({ ...job, recordUnstarted: recordFailed }, trigger, auditSignal);
      },
      deliver: (deliverySignal) =>
        withOutbox(parts, (deps, store) => deliverUnattended(deps, store, heartbeatOf(parts), deliverySignal)),
    },
    signal,
  );
}

type RecordUnstarted = UnattendedDeps['recordUnstarted'];

function auditJob(parts: Parts, deliver: (deps: DeliverDeps) => Promise<DeliveryTally>): AuditJobDeps {
  return {
    audit: (options, onBegin, signal) => auditUnderLock(parts, options, onBegin, signal),
    reportStuck: () => withOutbox(parts, async (_deps, store) => findStuck(parts, store)),
    deliver: () => withOutbox(parts, deliver),
    heartbeat: heartbeatOf(parts),
    log: parts.log,
  };
}

function findStuck(parts: Parts, store: SharedStore): ReturnType<typeof reportStuckAudit> {
  const config = loadConfig(parts.environment(), auditParts);
  const deps = failureDeps(parts, config, store);
  return reportStuckAudit(
    { ...deps, deadlineMs: config.deadlineMs, aliveAt: lastSignOfLife(store.path) },
    parts.clock.now(),
  );
}

async function auditUnderLock(
  parts: Parts,
  options: AuditOptions,
  onBegin: () => Promise<void>,
  signal: AbortSignal,
): ReturnType<AuditJobDeps['audit']> {
  const config = loadConfig(parts.environment(), auditParts);
  parts.useProxy(config.proxy);
  // Remembers them, in case they become invalid before the mail is delivered.
  parts.deliverySettings();
  return await openForAudit(parts, config, options.dryRun, async (store) => {
    await onBegin();
    const deps = {
      ...failureDeps(parts, config, store),
      omni: omniApi(parts, config.omni),
      judge: createJudge(config.rules),
      baseUrl: config.omni.baseUrl,
      deadlineMs: config.deadlineMs,
      requestsPerMinute: config.omni.requestsPerMinute,
      readRegister: () => readRegister(config.registerFile, config.timeZone, parts.clock.now()),
      retentionDays: config.retentionDays,
      random: Math.random,
    };
    return await runAudit(deps, options, signal);
  });
}
