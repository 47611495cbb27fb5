import { hostname } from 'node:os';
import { createHeartbeat, type Heartbeat, noHeartbeat } from './audit/heartbeat.ts';
import type { RunMailDeps } from './audit/queue-mails.ts';
import { queueNotice } from './audit/queue-notice.ts';
import type { FailureDeps } from './audit/record-failure.ts';
import type { Clock } from './clock.ts';
import { orLastValid, type ReadEnvironment } from './config/live-settings.ts';
import { createProxySwitch, type ProxySettings } from './config/proxy.ts';
import { type AuditConfig, type Config, loadConfig, type MailConfig } from './config/settings.ts';
import { explainingDatabaseErrors } from './database-error.ts';
import type { MailContext } from './digest/content/mail-content.ts';
import { AuditLockedError, ConfigError } from './errors.ts';
import type { Logger } from './logging.ts';
import { addressMail } from './mail/address-mail.ts';
import type { DeliverDeps } from './mail/deliver.ts';
import { createMailer } from './mail/mailer.ts';
import type { OmniApi } from './omni/api.ts';
import { createOmniApi } from './omni/create-omni-api.ts';
import { createOmniHttp } from './omni/http.ts';
import { hasDatabase } from './store/locate-database.ts';
import { type AuditStore, lockForAudit, openAuditStore, openSharedStore, type SharedStore } from './stores.ts';

const deliveryParts = ['smtp', 'mail', 'databasePath', 'organizationName', 'timeZone', 'proxy'] as const;

/** What the operations of the app share. */
export interface Parts {
  /** Read again for each audit and each delivery. */
  environment: ReadEnvironment;
  /** Falls back to the last valid settings, so that mail still goes out when they have become invalid. */
  deliverySettings(): Pick<Config, (typeof deliveryParts)[number]>;
  /** Also falls back to the last valid value. */
  heartbeatUrl(): Config['heartbeatUrl'];
  /** Makes all later requests use the proxy, if there is one. */
  useProxy(settings: ProxySettings): void;
  clock: Clock;
  log: Logger;
}

export function createParts({ environment, clock, log }: Pick<Parts, 'environment' | 'clock' | 'log'>): Parts {
  const deliverySettings = orLastValid(() => loadConfig(environment(), deliveryParts), log);
  const heartbeatUrl = orLastValid(() => loadConfig(environment(), ['heartbeatUrl']).heartbeatUrl);
  return { environment, clock, log, deliverySettings, heartbeatUrl, useProxy: createProxySwitch() };
}

export function omniApi({ clock, log }: Parts, config: Config['omni']): OmniApi {
  return createOmniApi(createOmniHttp({ config, clock, log }));
}

/** Creates or upgrades the database before any work begins. Throws if it belongs to another organisation or program. */
export async function prepareDatabase(parts: Parts, config: Pick<Config, 'databasePath' | 'omni'>): Promise<void> {
  try {
    await openForAudit(parts, config, false, async () => {});
  } catch (error) {
    // The process that holds the lock has already prepared the database.
    if (!(error instanceof AuditLockedError)) throw error;
  }
}

/** Opens the database under the audit lock. A dry run neither creates nor upgrades it; without a database it works in memory. */
export async function openForAudit<T>(
  { clock }: Parts,
  { databasePath, omni }: Pick<Config, 'databasePath' | 'omni'>,
  dryRun: boolean,
  use: (store: AuditStore) => Promise<T>,
): Promise<T> {
  const onDisk = !dryRun || hasDatabase(databasePath);
  using _lock = onDisk ? lockForAudit(databasePath, clock) : null;
  using store = openAuditStore(onDisk ? databasePath : ':memory:', clock.now(), { mayUpgrade: !dryRun });
  return await explainingDatabaseErrors(`the database ${store.path}`, async () => {
    store.organisation.require(omni.baseUrl);
    return await use(store);
  });
}

/** Opens the outbox, with everything that a delivery needs. @throws ConfigError, DatabaseError */
export async function withOutbox<T>(
  { deliverySettings, useProxy, clock, log }: Parts,
  use: (deps: DeliverDeps, store: SharedStore) => Promise<T>,
): Promise<T> {
  const { smtp, mail, databasePath, organizationName, timeZone, proxy } = deliverySettings();
  useProxy(proxy);
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

/** Returns what is needed to record a failed run and to queue a mail about it. */
export function failureDeps<S extends AuditStore | SharedStore>(
  { clock, log }: Parts,
  config: AuditConfig,
  store: S,
): Omit<FailureDeps, 'store'> & { store: S } {
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

export function addressOf(mail: MailConfig): RunMailDeps['address'] {
  return (kind, rendered, now, details) => addressMail(kind, rendered, now, details, mail);
}

export function addressesOf({ to }: MailConfig): string[] {
  return to.map(({ address }) => address);
}

export function mailContext({ omni, mail, timeZone }: Pick<Config, 'omni' | 'mail' | 'timeZone'>): MailContext {
  const { organizationName, baseUrl } = omni;
  return { organizationName, baseUrl, hasAttachments: mail.attaches, timeZone };
}

/** Returns a heartbeat that does nothing if HEARTBEAT_URL was never valid. The command reports that itself. */
export function heartbeatOf({ heartbeatUrl, log }: Parts): Heartbeat {
  try {
    const url = heartbeatUrl();
    return url === null ? noHeartbeat : createHeartbeat(url, log);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return noHeartbeat;
  }
}
