import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Config, loadConfig, variables } from '../../src/config/settings.ts';
import { ConfigError } from '../../src/errors.ts';
import { problemsOfLoading } from './config-problems.ts';

const complete = {
  OMNI_BASE_URL: 'https://acme.omniapp.co',
  OMNI_API_TOKEN: 'omni_osk_hunter2',
  SMTP_HOST: 'mail.acme.com',
  MAIL_FROM: 'Omni tokens <audit@acme.com>',
  MAIL_TO: 'security@acme.com',
};
const allParts = [
  ...(['omni', 'schedule', 'timeZone', 'deadlineMs', 'databasePath', 'smtp', 'mail', 'notification'] as const),
  ...(['heartbeatUrl', 'rules', 'retentionDays', 'logLevel', 'organizationName', 'proxy', 'registerFile'] as const),
];

function load(differences: NodeJS.ProcessEnv = {}): Config {
  return loadConfig({ ...complete, ...differences }, allParts);
}

function problemsOf(differences: NodeJS.ProcessEnv): readonly string[] {
  return problemsOfLoading(() => load(differences));
}

describe('the configuration', () => {
  test('needs five variables', () => {
    const { omni, smtp, mail, rules } = load();
    assert.deepEqual([omni.baseUrl, omni.token.reveal()], ['https://acme.omniapp.co', 'omni_osk_hunter2']);
    assert.deepEqual(smtp, { host: 'mail.acme.com', port: 587, security: 'starttls', ehloName: null, login: null });
    assert.equal(mail.from.header, '"Omni tokens" <audit@acme.com>');
    assert.deepEqual(mail.to, [{ address: 'security@acme.com', header: 'security@acme.com' }]);
    assert.deepEqual(rules.staleAfterDays, { organization: [90, 180, 365], personal: [180, 365], mcp: [180, 365] });
  });

  type Row = [name: string, read: (config: Config) => unknown, byDefault: unknown, value: string, parsed: unknown];
  const settings: Row[] = [
    ['OMNI_REQUESTS_PER_MINUTE', ({ omni }) => omni.requestsPerMinute, 60, '6000', 6000],
    ['OMNI_TIMEOUT_SECONDS', ({ omni }) => omni.timeoutMs, 30_000, '600', 600_000],
    ['AUDIT_CRON', ({ schedule }) => schedule.expression, '0 7 * * *', '0 8 * * *', '0 8 * * *'],
    ['AUDIT_TIMEZONE', ({ timeZone }) => timeZone, 'UTC', 'Europe/Berlin', 'Europe/Berlin'],
    ['AUDIT_OVERDUE_MINUTES', ({ schedule }) => schedule.overdueMs, 3_600_000, '1', 60_000],
    ['AUDIT_DEADLINE_MINUTES', ({ deadlineMs }) => deadlineMs, 3_600_000, '2', 120_000],
    ['DATABASE_PATH', ({ databasePath }) => databasePath, './data/audit.db', '/data/x.db', '/data/x.db'],
    ['SMTP_EHLO_NAME', ({ smtp }) => smtp.ehloName, null, 'audit.bücher.example.', 'audit.xn--bcher-kva.example'],
    ['MAIL_ATTACHMENTS', ({ mail }) => mail.attaches, true, 'none', false],
    ['DIGEST_WHEN', ({ notification }) => notification.policy.digestWhen, 'changes', 'always', 'always'],
    ['REMINDER_DAYS', ({ notification }) => notification.policy.reminderDays, 7, '0', 0],
    ['INVENTORY_DAYS', ({ notification }) => notification.policy.inventoryDays, 90, '366', 366],
    ['FAILURE_ALERT_AFTER_MINUTES', ({ notification }) => notification.alertAfterMs, 2_700_000, '0', 0],
    ['HEARTBEAT_URL', ({ heartbeatUrl }) => heartbeatUrl?.reveal(), undefined, 'https://hc.io/x', 'https://hc.io/x'],
    ['DISABLED_AFTER_DAYS', ({ rules }) => rules.disabledAfterDays, 30, '36500', 36_500],
    ['OWNER_IDLE_DAYS', ({ rules }) => rules.ownerIdleDays, 90, '0', 0],
    ['OWNER_DOMAINS', ({ rules }) => rules.ownerDomains?.join() ?? null, null, 'acme.com,acme.at', 'acme.at,acme.com'],
    ['TOKEN_REGISTER_FILE', ({ registerFile }) => registerFile, null, './register.csv', './register.csv'],
    ['RETENTION_DAYS', ({ retentionDays }) => retentionDays, 730, '0', 0],
    ['LOG_LEVEL', ({ logLevel }) => logLevel, 'info', 'debug', 'debug'],
  ];
  for (const [name, read, byDefault, value, parsed] of settings) {
    test(`has ${name}, which is ${byDefault} by default`, () => {
      assert.deepEqual([read(load()), read(load({ [name]: '' }))], [byDefault, byDefault]);
      assert.equal(read(load({ [name]: value })), parsed);
    });
  }

  test('combines cron expression and time zone in a schedule', () => {
    const { schedule } = load({ AUDIT_TIMEZONE: 'Europe/Berlin' }).schedule;
    assert.equal(schedule.next(new Date('2026-01-01T00:00Z')).toISOString(), '2026-01-01T06:00:00.000Z');
  });

  test('reports all problems at once, each with variable, value and hint, and with unknown variables', () => {
    const problems = problemsOf({
      OMNI_BASE_URL: 'http://acme.omniapp.co',
      OMNI_API_TOKEN: '',
      OMNI_TIMEOUT_SECONDS: '0',
      SMTP_HOST: 'smtp://mail',
      SMTP_PORT: '70000',
      SMTP_SECURITY: 'ssl',
      MAIL_FROM: 'nobody',
      MAIL_TO: undefined,
      MAIL_TOO: 'a@acme.com',
      MAIL_ATTACHMENTS: 'CSV',
      DISABLED_AFTER_DAYS: '30d',
      OWNER_IDLE_DAYS: '36501',
      DIGEST_WHEN: 'never',
      REMINDER_DAYS: '367',
      INVENTORY_DAYS: 'quarterly',
      STALE_AFTER_DAYS_PERSONAL: '180,90',
    });
    assert.deepEqual(problems.toSorted(), [
      'DIGEST_WHEN "never": use one of changes, always',
      'DISABLED_AFTER_DAYS "30d": use a whole number from 0 to 36500',
      'INVENTORY_DAYS "quarterly": use a whole number from 0 to 366',
      'MAIL_ATTACHMENTS "CSV": use one of csv, none',
      'MAIL_FROM "nobody": "nobody" is not a mail address; use name@example.com',
      'MAIL_TO is not set: set it to the recipients, separated by commas',
      'MAIL_TOO is unknown: did you mean MAIL_TO?',
      'OMNI_API_TOKEN is not set: set it to an organization API key (Settings › API access), or set OMNI_API_TOKEN_FILE to the path of a file that contains it',
      'OMNI_BASE_URL "http://acme.omniapp.co": use https://, because http:// would send the API token unencrypted',
      'OMNI_TIMEOUT_SECONDS "0": use a whole number from 1 to 600',
      'OWNER_IDLE_DAYS "36501": use a whole number from 0 to 36500',
      'REMINDER_DAYS "367": use a whole number from 0 to 366',
      'SMTP_HOST "smtp://mail": use a host name or an IP address, without a scheme or port',
      'SMTP_PORT "70000": use a whole number from 1 to 65535',
      'SMTP_SECURITY "ssl": use one of starttls, tls, none',
      'STALE_AFTER_DAYS_PERSONAL "180,90": list days in ascending order, such as 90,180,365, or use 0 to switch the rule off',
    ]);
  });

  test('lists its problems in the message of the error, one per line', () => {
    assert.throws(
      () => load({ SMTP_PORT: 'x', MAIL_TO: 'y' }),
      (error) =>
        error instanceof ConfigError &&
        /^2 problems in the configuration:\n {2}SMTP_PORT "x": .+\n {2}MAIL_TO "y": .+$/.test(error.message),
    );
  });

  test('never shows a secret in its problems, but mail addresses', () => {
    const cron = 'hunter2-9f3c1b2a77de01c4 7 * * 1';
    const secrets = {
      OMNI_API_TOKEN: 'hunter2\n',
      SMTP_USERNAME: 'a',
      SMTP_PASSWORD: 'hunter2\u0007',
      AUDIT_CRON: cron,
    };
    const problems = problemsOf({ ...secrets, MAIL_TO: 'a@acme.com, security team', SMTP_HOST: 'hunter2@mail' });
    assert.equal(problems.length, 5);
    assert.match(problems.join('\n'), /^MAIL_TO "a@acme\.com, security team": "security team" is not a mail address/m);
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
  });

  test('checks only the variables of the requested parts', () => {
    assert.deepEqual(loadConfig({}, ['databasePath']), { databasePath: './data/audit.db' });
  });

  test('fails only with a ConfigError, whatever the variables contain', () => {
    const snippets = [
      ...'"<>@,;:()\\ \n\0aé\u202e\ud8000-%$*',
      'https://',
      '[::1]',
      'localhost',
      'a@b.co',
      '*/5',
      'tls',
    ];
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...snippets), maxLength: 12 }),
    );
    const names = variables.flatMap(({ name }) => [name, `${name}_FILE`]);
    const environment = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    fc.assert(
      fc.property(environment, (values) => {
        for (const problem of problemsOf(values)) assert.match(problem, /^[A-Z][A-Z_]+\b/);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the name of the organisation', () => {
  for (const [differences, name] of [
    [{ OMNI_BASE_URL: 'https://omni.acme.com:8443/tenant/' }, 'omni'],
    [{ OMNI_BASE_URL: 'http://127.0.0.1:8080' }, '127.0.0.1'],
    [{ OMNI_BASE_URL: 'http://[::1]:8080' }, '[::1]'],
    [{ ORGANIZATION_NAME: 'Müller & Söhne' }, 'Müller & Söhne'],
  ] as const) {
    test(`is "${name}" for ${JSON.stringify(differences)}`, () => {
      assert.equal(load(differences).omni.organizationName, name);
    });
  }

  test('must be on one line', () => {
    assert.match(
      problemsOf({ ORGANIZATION_NAME: 'a\r\nBcc: b' }).join(),
      /^ORGANIZATION_NAME ".+": remove line breaks/,
    );
  });
});

describe('the mail server', () => {
  test('has port 465 with tls unless another port is set', () => {
    assert.equal(load({ SMTP_SECURITY: 'tls' }).smtp.port, 465);
    assert.equal(load({ SMTP_SECURITY: 'tls', SMTP_PORT: '2465' }).smtp.port, 2465);
    assert.equal(load({ SMTP_SECURITY: 'none', SMTP_HOST: '127.9.9.9' }).smtp.port, 587);
  });

  test('may be another machine without encryption only if SMTP_ALLOW_PLAINTEXT is "true"', () => {
    const plain = { SMTP_SECURITY: 'none', SMTP_HOST: '10.0.0.1' };
    assert.deepEqual(problemsOf(plain), [
      'SMTP_SECURITY "none": the connection to 10.0.0.1 would be unencrypted; use starttls or tls, or accept the risk with SMTP_ALLOW_PLAINTEXT=true',
    ]);
    assert.deepEqual(problemsOf({ ...plain, SMTP_ALLOW_PLAINTEXT: 'yes' }), [
      'SMTP_ALLOW_PLAINTEXT "yes": use one of true, false',
    ]);
    assert.equal(load({ ...plain, SMTP_ALLOW_PLAINTEXT: 'true' }).smtp.security, 'none');
  });
});

describe('the thresholds of stale tokens', () => {
  for (const [what, differences, expected] of [
    [
      'can be set for all types at once',
      { STALE_AFTER_DAYS: '30, 60', STALE_AFTER_DAYS_MCP: '' },
      { organization: [30, 60], personal: [30, 60], mcp: [30, 60] },
    ],
    [
      'can be overridden for one type',
      { STALE_AFTER_DAYS: '30', STALE_AFTER_DAYS_PERSONAL: '45', STALE_AFTER_DAYS_MCP: '0' },
      { organization: [30], personal: [45], mcp: [] },
    ],
    ['can be switched off', { STALE_AFTER_DAYS: '0' }, { organization: [], personal: [], mcp: [] }],
  ] as const) {
    test(what, () => {
      assert.deepEqual(load(differences).rules.staleAfterDays, expected);
    });
  }

  test('are reported once when the value for all types is invalid', () => {
    assert.deepEqual(problemsOf({ STALE_AFTER_DAYS: '30,x' }), [
      'STALE_AFTER_DAYS "30,x": use a whole number from 0 to 36500',
    ]);
  });
});
