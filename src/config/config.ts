import { ConfigError } from '../errors.ts';
import { type LogLevel, logLevels } from '../logging.ts';
import { digestOccasions, type MailPolicy } from '../mail/run-mail-policy.ts';
import type { RuleSettings } from '../rules/condition-rule.ts';
import type { Secret } from '../secret.ts';
import type { Schedule } from '../time/cron-schedule.ts';
import { createCronSchedule } from '../time/cron-schedule.ts';
import { Environment } from './environment.ts';
import {
  baseUrl,
  bearerToken,
  cronExpression,
  dayThresholds,
  hostName,
  isLoopback,
  type MailAddress,
  mailAddress,
  mailAddresses,
  oneLine,
  oneOf,
  retentionDays,
  timeZone,
  watchdogUrl,
  wholeNumber,
} from './parsers.ts';
import { readLogin, type SmtpLogin } from './smtp-login.ts';
import type { VariableName } from './variables.ts';

export interface OmniConfig {
  /** Without a trailing slash. */
  baseUrl: string;
  token: Secret;
  requestsPerMinute: number;
  timeoutMs: number;
  organizationName: string;
}

const smtpSecurities = ['starttls', 'tls', 'none'] as const;

export interface SmtpConfig {
  host: string;
  port: number;
  security: (typeof smtpSecurities)[number];
  login: SmtpLogin | null;
}

export interface MailConfig {
  from: MailAddress;
  to: MailAddress[];
  /** Whether files with all rows go with mails. */
  attaches: boolean;
}

export interface ScheduleConfig {
  schedule: Schedule;
  expression: string;
  timeZone: string;
  /** How late an audit may be before the health check complains. */
  overdueMs: number;
}

export interface NotificationConfig {
  policy: MailPolicy;
  /** How long audits may fail before it is mailed. */
  alertAfterMs: number;
}

/** The parts of the configuration; a command asks for those that it needs. */
export interface Config {
  omni: OmniConfig;
  smtp: SmtpConfig;
  mail: MailConfig;
  rules: RuleSettings;
  notification: NotificationConfig;
  schedule: ScheduleConfig;
  /** In which days end. */
  timeZone: string;
  /** The longest time for one audit. */
  deadlineMs: number;
  /** How long history is kept; 0: for ever. */
  retentionDays: number;
  /** null: no watchdog. */
  heartbeatUrl: Secret | null;
  databasePath: string;
  logLevel: LogLevel;
  /** What mails call an organisation, from its base URL where no name is set. */
  organizationName: (baseUrl: string) => string;
}

/** What an audit needs, and the delivery of its mail. */
export const auditParts = [
  'logLevel',
  'databasePath',
  'omni',
  'smtp',
  'mail',
  'rules',
  'notification',
  'deadlineMs',
  'retentionDays',
  'heartbeatUrl',
] as const satisfies readonly (keyof Config)[];
export type AuditConfig = Pick<Config, (typeof auditParts)[number]>;

const readers: { [Part in keyof Config]: (env: Environment) => Config[Part] | undefined } = {
  omni: readOmni,
  smtp: readSmtp,
  mail: readMail,
  rules: readRules,
  notification: readNotification,
  schedule: readSchedule,
  timeZone: (env) => env.required('AUDIT_TIMEZONE', timeZone),
  deadlineMs: (env) => toMs(env.required('AUDIT_DEADLINE_MINUTES', wholeNumber(1, 1440)), 60_000),
  retentionDays: (env) => env.required('RETENTION_DAYS', retentionDays),
  heartbeatUrl: readHeartbeatUrl,
  databasePath: (env) => env.required('DATABASE_PATH', oneLine),
  logLevel: (env) => env.required('LOG_LEVEL', oneOf(logLevels)),
  organizationName: readOrganizationName,
};

/**
 * Reads the asked parts from the environment.
 *
 * @throws ConfigError with every problem of those parts at once.
 */
export function loadConfig<Part extends keyof Config>(
  values: NodeJS.ProcessEnv,
  parts: readonly Part[],
): Pick<Config, Part> {
  const env = new Environment(values);
  const entries = parts.map((part) => [part, readers[part](env)] as const);
  if (env.problems.length > 0) throw new ConfigError(env.problems);
  // Without problems every reader has answered, so that no part is undefined.
  return Object.fromEntries(entries) as Pick<Config, Part>;
}

function readOmni(env: Environment): OmniConfig | undefined {
  const url = env.required('OMNI_BASE_URL', baseUrl);
  const token = env.requiredSecret('OMNI_API_TOKEN', bearerToken);
  const requestsPerMinute = env.required('OMNI_REQUESTS_PER_MINUTE', wholeNumber(1, 6000));
  const timeoutSeconds = env.required('OMNI_TIMEOUT_SECONDS', wholeNumber(1, 600));
  const organizationName = readOrganizationName(env);
  if (!url || !token || !requestsPerMinute || !timeoutSeconds) return undefined;
  return {
    baseUrl: url,
    token,
    requestsPerMinute,
    timeoutMs: timeoutSeconds * 1000,
    organizationName: organizationName(url),
  };
}

function readOrganizationName(env: Environment): Config['organizationName'] {
  const name = env.optional('ORGANIZATION_NAME', oneLine);
  return (url) => name ?? firstLabel(url);
}

/** `acme` of `https://acme.omniapp.co`; an IP address stays whole. */
function firstLabel(url: string): string {
  const { hostname } = new URL(url);
  return /^[\d.]+$|^\[/.test(hostname) ? hostname : (hostname.split('.')[0] ?? hostname);
}

function readSmtp(env: Environment): SmtpConfig | undefined {
  const host = env.required('SMTP_HOST', hostName);
  const security = env.required('SMTP_SECURITY', oneOf(smtpSecurities));
  const port = security === 'tls' && !env.isSet('SMTP_PORT') ? 465 : env.required('SMTP_PORT', wholeNumber(1, 65_535));
  const plaintextAllowed = env.required('SMTP_ALLOW_PLAINTEXT', oneOf(['true', 'false'] as const)) === 'true';
  const login = readLogin(env);
  if (host && security === 'none' && !plaintextAllowed && !isLoopback(host)) {
    return env.problem(
      `SMTP_SECURITY "none": mail to ${host} would travel unencrypted; use starttls or tls, or accept it with SMTP_ALLOW_PLAINTEXT=true`,
    );
  }
  return host && security && port && login !== undefined ? { host, port, security, login } : undefined;
}

function readMail(env: Environment): MailConfig | undefined {
  const from = env.required('MAIL_FROM', mailAddress);
  const to = env.required('MAIL_TO', mailAddresses);
  const attachments = env.required('MAIL_ATTACHMENTS', oneOf(['csv', 'none'] as const));
  return from && to && attachments ? { from, to, attaches: attachments === 'csv' } : undefined;
}

function readRules(env: Environment): RuleSettings | undefined {
  const forAll = env.optional('STALE_AFTER_DAYS', dayThresholds);
  const thresholds = (name: VariableName): number[] | undefined => {
    const own = env.required(name, dayThresholds);
    return env.isSet(name) ? own : (forAll ?? own);
  };
  const organization = thresholds('STALE_AFTER_DAYS_ORGANIZATION');
  const personal = thresholds('STALE_AFTER_DAYS_PERSONAL');
  const mcp = thresholds('STALE_AFTER_DAYS_MCP');
  const disabledAfterDays = env.required('DISABLED_AFTER_DAYS', wholeNumber(0, 36_500));
  const ownerIdleDays = env.required('OWNER_IDLE_DAYS', wholeNumber(0, 36_500));
  if (!organization || !personal || !mcp) return undefined;
  if (disabledAfterDays === undefined || ownerIdleDays === undefined) return undefined;
  return { staleAfterDays: { organization, personal, mcp }, disabledAfterDays, ownerIdleDays };
}

function readNotification(env: Environment): NotificationConfig | undefined {
  const digestWhen = env.required('DIGEST_WHEN', oneOf(digestOccasions));
  const reminderDays = env.required('REMINDER_DAYS', wholeNumber(0, 366));
  const inventoryDays = env.required('INVENTORY_DAYS', wholeNumber(0, 366));
  const alertAfterMs = toMs(env.required('FAILURE_ALERT_AFTER_MINUTES', wholeNumber(0, 10_080)), 60_000);
  if (!digestWhen || reminderDays === undefined || inventoryDays === undefined) return undefined;
  return alertAfterMs === undefined ? undefined : { policy: { digestWhen, reminderDays, inventoryDays }, alertAfterMs };
}

function readSchedule(env: Environment): ScheduleConfig | undefined {
  const zone = env.required('AUDIT_TIMEZONE', timeZone);
  const expression = env.required('AUDIT_CRON', cronExpression);
  const overdueMs = toMs(env.required('AUDIT_OVERDUE_MINUTES', wholeNumber(1, 10_080)), 60_000);
  if (zone === undefined || expression === undefined || overdueMs === undefined) return undefined;
  return { schedule: createCronSchedule(expression, zone), expression, timeZone: zone, overdueMs };
}

function readHeartbeatUrl(env: Environment): Secret | null | undefined {
  return env.isSecretSet('HEARTBEAT_URL') ? env.secret('HEARTBEAT_URL', watchdogUrl) : null;
}

function toMs(count: number | undefined, unitMs: number): number | undefined {
  return count === undefined ? undefined : count * unitMs;
}
