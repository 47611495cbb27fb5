/** One environment variable: the README's table and `.env.example` list the same, a test proves it. */
export interface Variable {
  name: string;
  /** As it would be written; undefined where there is none. */
  default?: string;
  /** Never shown, and may come as `NAME_FILE` instead: the path of a file that holds the value. */
  secret?: true;
  description: string;
}

export const variables = [
  { name: 'OMNI_BASE_URL', description: "your organisation's address, such as https://acme.omniapp.co" },
  { name: 'OMNI_API_TOKEN', secret: true, description: 'an organization API key (Settings > API access)' },
  { name: 'OMNI_REQUESTS_PER_MINUTE', default: '60', description: "Omni's rate limit for the key" },
  { name: 'OMNI_TIMEOUT_SECONDS', default: '30', description: 'the longest wait for one answer' },
  {
    name: 'AUDIT_CRON',
    default: '0 7 * * *',
    description: 'when to audit: minute, hour, day of month, month, day of week',
  },
  { name: 'AUDIT_TIMEZONE', default: 'UTC', description: 'the time zone of that, such as Europe/Berlin' },
  {
    name: 'AUDIT_OVERDUE_MINUTES',
    default: '60',
    description: 'how late an audit may be before the health check complains',
  },
  { name: 'AUDIT_DEADLINE_MINUTES', default: '60', description: 'the longest time for one audit' },
  { name: 'ORGANIZATION_NAME', description: 'what mails call the organisation (default: first label of the host)' },
  {
    name: 'DATABASE_PATH',
    default: './data/audit.db',
    description: 'the SQLite file; on a local disk, not NFS or SMB',
  },
  { name: 'SMTP_HOST', description: 'the mail server' },
  { name: 'SMTP_PORT', default: '587', description: 'its port (default with tls: 465)' },
  { name: 'SMTP_SECURITY', default: 'starttls', description: 'starttls, tls, or none (only to this machine)' },
  {
    name: 'SMTP_ALLOW_PLAINTEXT',
    default: 'false',
    description: 'true lets `none` reach another machine, unencrypted',
  },
  { name: 'SMTP_USERNAME', description: 'the log-in, where the server wants one; with OAuth, the mailbox' },
  { name: 'SMTP_PASSWORD', secret: true, description: 'its password' },
  {
    name: 'SMTP_OAUTH_TOKEN_URL',
    description: 'the address of the token endpoint, for a log-in with OAuth in place of a password',
  },
  { name: 'SMTP_OAUTH_CLIENT_ID', description: "the application's id there" },
  { name: 'SMTP_OAUTH_CLIENT_SECRET', secret: true, description: "the application's secret" },
  {
    name: 'SMTP_OAUTH_REFRESH_TOKEN',
    secret: true,
    description:
      'a refresh token of the mailbox; without one the application asks in its own right (client credentials)',
  },
  { name: 'SMTP_OAUTH_SCOPE', description: 'the scope to ask for, such as https://outlook.office365.com/.default' },
  { name: 'MAIL_FROM', description: 'the sender, such as Omni tokens <audit@acme.com>' },
  { name: 'MAIL_TO', description: 'the readers, separated by commas' },
  {
    name: 'MAIL_ATTACHMENTS',
    default: 'csv',
    description: 'csv: all rows go with a mail as a file; none: for those who may not mail them',
  },
  {
    name: 'DIGEST_WHEN',
    default: 'changes',
    description: 'changes: a digest when there is news; always: after every audit',
  },
  { name: 'REMINDER_DAYS', default: '7', description: 'days between summaries; 0 = none' },
  {
    name: 'INVENTORY_DAYS',
    default: '90',
    description: 'days between inventories, the full list for an access review; 0 = none',
  },
  {
    name: 'FAILURE_ALERT_AFTER_MINUTES',
    default: '45',
    description: 'how long audits may fail before it is mailed; a refused credential is mailed at once',
  },
  { name: 'HEARTBEAT_URL', secret: true, description: 'a watchdog in the manner of healthchecks.io' },
  { name: 'STALE_AFTER_DAYS', description: 'thresholds for all types at once, such as 90,180; 0 = off' },
  { name: 'STALE_AFTER_DAYS_ORGANIZATION', default: '90,180,365', description: 'when an organization token is stale' },
  { name: 'STALE_AFTER_DAYS_PERSONAL', default: '180,365', description: 'when a personal token is stale' },
  { name: 'STALE_AFTER_DAYS_MCP', default: '180,365', description: 'when an MCP grant is stale' },
  {
    name: 'DISABLED_AFTER_DAYS',
    default: '30',
    description: 'when a token that is disabled and not deleted is told; 0 = never',
  },
  { name: 'OWNER_IDLE_DAYS', default: '90', description: 'when an owner who does not log in is idle; 0 = never' },
  { name: 'RETENTION_DAYS', default: '730', description: 'how long history is kept, at least 90; 0 = for ever' },
  { name: 'LOG_LEVEL', default: 'info', description: 'trace, debug, info, warn, error, fatal or silent' },
] as const satisfies readonly Variable[];

export type VariableName = (typeof variables)[number]['name'];

const byName = new Map<string, Variable>(variables.map((variable) => [variable.name, variable]));

export function variable(name: VariableName): Variable {
  const found = byName.get(name);
  if (found === undefined) throw new Error(`no variable ${name} in the catalogue`);
  return found;
}

const ownPrefixes = [
  'OMNI_',
  'AUDIT_',
  'SMTP_',
  'MAIL_',
  'STALE_',
  'ORGANIZATION_',
  'DATABASE_',
  'REMINDER_',
  'FAILURE_',
  'HEARTBEAT_',
  'DIGEST_',
  'INVENTORY_',
  'DISABLED_',
  'OWNER_',
  'NAME_',
  'RETENTION_',
];

/** Variables that look like ours and are not: probably typing errors. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => ownPrefixes.some((prefix) => name.startsWith(prefix)))
    .filter((name) => !byName.has(name) && byName.get(name.replace(/_FILE$/, ''))?.secret !== true)
    .sort();
}
