import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { logLevels } from '../logging.ts';
import { digestOccasions } from '../mail/run-mail-policy.ts';
import { createCronSchedule } from '../time/cron-schedule.ts';
import { defaultDatabasePath } from './database-path.ts';
import { describeSearch, type Environment, envFile } from './env-file.ts';
import { mailAddress, mailAddresses } from './mail-addresses.ts';
import { mailDomains } from './mail-domains.ts';
import {
  baseUrl,
  bearerToken,
  cronExpression,
  databasePath,
  dayThresholds,
  ehloName,
  filePath,
  hostName,
  isLoopback,
  label,
  minutes,
  oneOf,
  password,
  plainText,
  retentionDays,
  seconds,
  timeZone,
  tokenUrl,
  watchdogUrl,
  wholeNumber,
} from './parsers.ts';
import { proxySettings } from './proxy.ts';
import { group, optional, required, secret, withDefault } from './setting.ts';
import { toLogin } from './smtp-settings.ts';
import { unknownVariables } from './unknown-variables.ts';

export { type Variable, variables } from './setting.ts';

const omni = {
  /** Without a trailing slash. */
  baseUrl: required('OMNI_BASE_URL', baseUrl, {
    description:
      'the address of your Omni organisation, such as `https://acme.omniapp.co`; `http://` is allowed only for localhost',
  }),
  token: required('OMNI_API_TOKEN', secret(bearerToken), {
    description: 'an organization API key (Settings › API access)',
  }),
  requestsPerMinute: withDefault('OMNI_REQUESTS_PER_MINUTE', wholeNumber(1, 6000), {
    default: '60',
    description: "Omni's rate limit for the key, in requests per minute; Omni raises it on request",
  }),
  timeoutMs: withDefault('OMNI_TIMEOUT_SECONDS', seconds(1, 600), {
    default: '30',
    description: 'how long to wait for one response from Omni',
  }),
  /** Derived from the base URL when no name is set. */
  organizationName: optional('ORGANIZATION_NAME', label, {
    description: 'the name of the organisation, as shown in mail (default: the first part of its host name)',
  }).transform((name) => (baseUrl: string) => name ?? firstLabel(baseUrl)),
};

const schedule = {
  expression: withDefault('AUDIT_CRON', cronExpression, {
    default: '0 7 * * *',
    description: 'when to run an audit: minute, hour, day of month, month, day of week',
  }),
  timeZone: withDefault('AUDIT_TIMEZONE', timeZone, {
    default: 'UTC',
    description: 'the time zone of `AUDIT_CRON`, of every date, and of the times in mails, such as `Europe/Berlin`',
  }),
  overdueMs: withDefault('AUDIT_OVERDUE_MINUTES', minutes(1, 10_080), {
    default: '60',
    description:
      'how late an audit may begin: `healthcheck` fails this long plus `AUDIT_DEADLINE_MINUTES` after it was due',
  }),
};

/**
 * All settings, by the part of the program that uses them. A part is one setting or a group of settings. A new
 * setting needs an entry here and the code that uses it.
 */
const settings = {
  omni: group(omni).transform((values) => ({
    ...values,
    organizationName: values.organizationName(values.baseUrl),
  })),
  /** Returns the name of the organisation for a base URL. */
  organizationName: omni.organizationName,
  schedule: group(schedule).transform((values) => ({
    ...values,
    schedule: createCronSchedule(values.expression, values.timeZone),
  })),
  /** The time zone that decides when a day begins. */
  timeZone: schedule.timeZone,
  deadlineMs: withDefault('AUDIT_DEADLINE_MINUTES', minutes(1, 1440), {
    default: '60',
    description: 'how long one audit may take',
  }),
  databasePath: withDefault('DATABASE_PATH', databasePath, {
    default: defaultDatabasePath,
    description: 'the SQLite file, which must be on a local disk: network file systems (NFS, SMB) do not work',
  }),
  smtp: group({
    server: group({
      host: required('SMTP_HOST', hostName, { description: 'the host name of the mail server' }),
      security: withDefault('SMTP_SECURITY', oneOf('starttls', 'tls', 'none'), {
        default: 'starttls',
        description: '`starttls` (the server must offer it), `tls`, or `none` (allowed only for localhost)',
      }),
      isPlaintextAllowed: withDefault('SMTP_ALLOW_PLAINTEXT', oneOf('true', 'false'), {
        default: 'false',
        description: '`true` allows `SMTP_SECURITY=none` for hosts other than localhost; mail is then sent unencrypted',
      }).transform((value) => value === 'true'),
    }).superRefine(({ host, security, isPlaintextAllowed }, ctx) => {
      if (security !== 'none' || isPlaintextAllowed || isLoopback(host)) return;
      ctx.addIssue(
        `SMTP_SECURITY "none": the connection to ${host} would be unencrypted; use starttls or tls, or accept the risk with SMTP_ALLOW_PLAINTEXT=true`,
      );
    }),
    port: optional('SMTP_PORT', wholeNumber(1, 65_535), {
      description: 'the port of the mail server (default: 465 for `tls`, otherwise 587)',
    }),
    /** null: the domain of the sender. */
    ehloName: optional('SMTP_EHLO_NAME', ehloName, {
      description: 'the name with which the program greets the mail server (default: the domain of `MAIL_FROM`)',
    }),
    login: group({
      username: optional('SMTP_USERNAME', plainText, {
        description: 'the user name, if the server requires a login; with OAuth, the mailbox',
      }),
      password: optional('SMTP_PASSWORD', secret(password), { description: 'the password of `SMTP_USERNAME`' }),
      tokenUrl: optional('SMTP_OAUTH_TOKEN_URL', tokenUrl, {
        description:
          'the token endpoint, to log in with OAuth instead of a password; `http://` is allowed only for localhost',
      }),
      clientId: optional('SMTP_OAUTH_CLIENT_ID', plainText, {
        description: "the application's client id at the token endpoint",
      }),
      clientSecret: optional('SMTP_OAUTH_CLIENT_SECRET', secret(password), {
        description: "the application's client secret",
      }),
      refreshToken: optional('SMTP_OAUTH_REFRESH_TOKEN', secret(password), {
        description:
          'a refresh token of the mailbox; without one, the application logs in as itself (client credentials)',
      }),
      scope: optional('SMTP_OAUTH_SCOPE', plainText, {
        description: 'the scope to request, such as `https://outlook.office365.com/.default`',
      }),
    }).transform(toLogin),
  }).transform(({ server: { host, security }, port, ...rest }) => {
    return { host, port: port ?? (security === 'tls' ? 465 : 587), security, ...rest };
  }),
  mail: group({
    from: required('MAIL_FROM', mailAddress.meta({ isAddress: true }), {
      description: 'the sender, such as `Omni tokens <audit@acme.com>`',
    }),
    to: required('MAIL_TO', mailAddresses.meta({ isAddress: true }), {
      description: 'the recipients, separated by commas',
    }),
    /** True if mails have CSV files attached. */
    attaches: withDefault('MAIL_ATTACHMENTS', oneOf('csv', 'none'), {
      default: 'csv',
      description: '`csv`: attach a file with the rows to each mail; `none`: attach nothing',
    }).transform((value) => value === 'csv'),
  }),
  notification: group({
    digestWhen: withDefault('DIGEST_WHEN', oneOf(...digestOccasions), {
      default: 'changes',
      description: '`changes`: a digest when there is something to report; `always`: one after every audit',
    }),
    reminderDays: withDefault('REMINDER_DAYS', wholeNumber(0, 366), {
      default: '7',
      description: 'the days between summaries; `0` = none',
    }),
    inventoryDays: withDefault('INVENTORY_DAYS', wholeNumber(0, 366), {
      default: '90',
      description:
        'the days between inventories (the full list, for an access review, instead of a summary); `0` = none',
    }),
    /** How long audits must have been failing before a mail reports it. */
    alertAfterMs: withDefault('FAILURE_ALERT_AFTER_MINUTES', minutes(0, 10_080), {
      default: '45',
      description:
        'how long audits may fail before a mail reports it; a refused credential, lost rights and unconfirmed removals are reported at once',
    }),
  }).transform(({ alertAfterMs, ...policy }) => ({ policy, alertAfterMs })),
  proxy: proxySettings,
  /** null when there is no watchdog. */
  heartbeatUrl: optional('HEARTBEAT_URL', secret(watchdogUrl), {
    description: 'the URL of a watchdog to call for each audit, using the healthchecks.io protocol',
  }),
  rules: group({
    staleAfterDays: group({
      all: optional('STALE_AFTER_DAYS', dayThresholds, {
        description:
          'the ages in days at which a token is stale, such as `90,180`, for each type that has no setting of its own; `0` = never',
      }),
      organization: withDefault('STALE_AFTER_DAYS_ORGANIZATION', dayThresholds, {
        default: '90,180,365',
        description: 'the ages in days at which an organization API key is stale: low, then medium, then high',
        fallback: 'STALE_AFTER_DAYS',
      }),
      personal: withDefault('STALE_AFTER_DAYS_PERSONAL', dayThresholds, {
        default: '180,365',
        description: 'the ages in days at which a personal token is stale',
        fallback: 'STALE_AFTER_DAYS',
      }),
      mcp: withDefault('STALE_AFTER_DAYS_MCP', dayThresholds, {
        default: '180,365',
        description: 'the ages in days at which an MCP grant is stale',
        fallback: 'STALE_AFTER_DAYS',
      }),
    }).transform(({ organization, personal, mcp }) => ({ organization, personal, mcp })),
    disabledAfterDays: withDefault('DISABLED_AFTER_DAYS', wholeNumber(0, 36_500), {
      default: '30',
      description: 'the days after which a disabled token that still exists is reported; `0` = never',
    }),
    ownerIdleDays: withDefault('OWNER_IDLE_DAYS', wholeNumber(0, 36_500), {
      default: '90',
      description: 'the days without a login after which an owner is idle; `0` = never',
    }),
    ownerDomains: optional('OWNER_DOMAINS', mailDomains, {
      description:
        "your organisation's own mail domains, separated by commas; owners with other addresses are reported as external (default: only embed users are)",
    }),
  }),
  /** The path of the register of tokens; null when there is none. */
  registerFile: optional('TOKEN_REGISTER_FILE', filePath, {
    description: 'the register of tokens, a CSV file: docs/access-review.md explains it',
  }),
  /** How long history is kept; 0 keeps everything. */
  retentionDays: withDefault('RETENTION_DAYS', retentionDays, {
    default: '730',
    description: 'the days for which history is kept, at least 90; `0` = forever',
  }),
  logLevel: withDefault('LOG_LEVEL', oneOf(...logLevels), {
    default: 'info',
    description: `the lowest level of the log lines that are written: ${logLevels.join(', ')} (on a terminal, \`warn\` is the default)`,
  }),
};

/** The parts of the configuration. Each command loads the parts that it needs. */
export type Config = { [Part in keyof typeof settings]: z.output<(typeof settings)[Part]> };
export type OmniConfig = Config['omni'];
export type SmtpConfig = Config['smtp'];
export type MailConfig = Config['mail'];

/** The parts that an audit and the delivery of its mail need. */
export const auditParts = [
  'logLevel',
  'databasePath',
  'omni',
  'smtp',
  'mail',
  'rules',
  'registerFile',
  'notification',
  'timeZone',
  'deadlineMs',
  'retentionDays',
  'heartbeatUrl',
  'proxy',
] as const satisfies readonly (keyof Config)[];
/** The parts that the unattended worker needs. */
export const startParts = [...auditParts, 'schedule'] as const satisfies readonly (keyof Config)[];
export type AuditConfig = Pick<Config, (typeof auditParts)[number]>;

/**
 * Loads the requested parts of the configuration from the environment.
 *
 * @throws ConfigError with all problems of those parts and of `.env`, and all unknown variables, at once. If something required
 *   is missing, it also says where `.env` was looked for.
 */
export function loadConfig<Part extends keyof Config>(env: Environment, parts: readonly Part[]): Pick<Config, Part> {
  const requested = group(Object.fromEntries(parts.map((part) => [part, settings[part]])));
  const { data, error } = requested.safeParse(env);
  const file = env[envFile];
  // `Object.fromEntries` hides the names of the parts from the compiler.
  if (error === undefined && !file?.problems.length) return data as Pick<Config, Part>;
  const issues = error?.issues ?? [];
  const isMissing = issues.some((issue) => issue.code === 'custom' && issue.params?.isMissing === true);
  const searched = isMissing && file !== undefined ? describeSearch(file) : null;
  throw new ConfigError([
    ...(file?.problems ?? []),
    ...new Set(issues.map(({ message }) => message)),
    ...unknownVariables(env).map(({ message }) => message),
    ...(searched === null ? [] : [searched]),
  ]);
}

/** Returns `acme` for `https://acme.omniapp.co`. An IP address is kept whole. */
function firstLabel(url: string): string {
  const { hostname } = new URL(url);
  return /^[\d.]+$|^\[/.test(hostname) ? hostname : (hostname.split('.')[0] ?? hostname);
}
