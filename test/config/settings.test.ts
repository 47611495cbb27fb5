import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Config, loadConfig, unknownVariables, variables } from '../../src/config/settings.ts';
import { ConfigError } from '../../src/errors.ts';
import { problemsOfLoading } from './config-problems.ts';

const complete = {
  OMNI_BASE_URL: 'https://acme.omniapp.co',
  OMNI_API_TOKEN: 'omni_osk_hunter2',
  SMTP_HOST: 'mail.acme.com',
  MAIL_FROM: 'Omni tokens <audit@acme.com>',
  MAIL_TO: 'security@acme.com',
};

function load(differences: NodeJS.ProcessEnv = {}): Pick<Config, 'omni' | 'smtp' | 'mail' | 'rules'> {
  return loadConfig({ ...complete, ...differences }, ['omni', 'smtp', 'mail', 'rules']);
}

function problemsOf(differences: NodeJS.ProcessEnv): readonly string[] {
  return problemsOfLoading(() => load(differences));
}

describe('the configuration', () => {
  test('needs five variables, and has defaults for the others', () => {
    const { omni, smtp, mail, rules } = load();

    assert.equal(omni.baseUrl, 'https://acme.omniapp.co');
    assert.equal(omni.token.reveal(), 'omni_osk_hunter2');
    assert.equal(omni.requestsPerMinute, 60);
    assert.equal(omni.timeoutMs, 30_000);
    assert.equal(omni.organizationName, 'acme');
    assert.deepEqual(smtp, { host: 'mail.acme.com', port: 587, security: 'starttls', login: null });
    assert.deepEqual(mail.to, [{ address: 'security@acme.com', header: 'security@acme.com' }]);
    assert.deepEqual(rules.staleAfterDays, { organization: [90, 180, 365], personal: [180, 365], mcp: [180, 365] });
  });

  test('reports every problem at once, each with variable, value and hint', () => {
    const problems = problemsOf({
      OMNI_BASE_URL: 'http://acme.omniapp.co',
      OMNI_API_TOKEN: undefined,
      OMNI_TIMEOUT_SECONDS: '0',
      SMTP_HOST: 'smtp://mail',
      SMTP_PORT: '70000',
      SMTP_SECURITY: 'ssl',
      MAIL_FROM: 'nobody',
      MAIL_TO: undefined,
      STALE_AFTER_DAYS_PERSONAL: '180,90',
    });

    assert.deepEqual(problems.toSorted(), [
      'MAIL_FROM "nobody": "nobody" is not a mail address; give name@example.com',
      'MAIL_TO is not set: give the recipients, separated by commas',
      'OMNI_API_TOKEN is not set: give an organization API key (Settings › API access), or its file as OMNI_API_TOKEN_FILE',
      'OMNI_BASE_URL "http://acme.omniapp.co": use https://, since http:// would send the API token readable over the network',
      'OMNI_TIMEOUT_SECONDS "0": give a whole number from 1 to 600',
      'SMTP_HOST "smtp://mail": give a host name or an IP address, without port or scheme',
      'SMTP_PORT "70000": give a whole number from 1 to 65535',
      'SMTP_SECURITY "ssl": give one of starttls, tls, none',
      'STALE_AFTER_DAYS_PERSONAL "180,90": give days in ascending order, such as 90,180,365, or 0 to switch the rule off',
    ]);
  });

  test('shows its problems in the message of one error, one on a line', () => {
    assert.throws(
      () => load({ SMTP_PORT: 'x', MAIL_TO: 'y' }),
      (error) =>
        error instanceof ConfigError &&
        /^2 problems in the configuration:\n {2}SMTP_PORT "x": .+\n {2}MAIL_TO "y": .+$/.test(error.message),
    );
  });

  test('never shows a secret among its problems', () => {
    const problems = problemsOf({
      OMNI_API_TOKEN: 'hunter2\n',
      SMTP_USERNAME: 'audit',
      SMTP_PASSWORD: 'hunter2\u0007',
    });

    assert.equal(problems.length >= 2, true);
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
  });

  test('never shows a password that is part of the base URL', () => {
    const problems = problemsOf({ OMNI_BASE_URL: 'https://audit:hunter2@acme.omniapp.co' });

    assert.equal(problems.length, 1);
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
  });

  test('takes an empty value as not set', () => {
    assert.match(
      problemsOf({ OMNI_BASE_URL: '', OMNI_API_TOKEN: '' }).join('\n'),
      /URL is not set(?:.|\n)*TOKEN is not set/,
    );
    assert.equal(load({ SMTP_PORT: '' }).smtp.port, 587);
    assert.equal(load({ SMTP_USERNAME: '', SMTP_PASSWORD: '' }).smtp.login, null);
    assert.deepEqual(load({ STALE_AFTER_DAYS_MCP: '', STALE_AFTER_DAYS: '7' }).rules.staleAfterDays.mcp, [7]);
  });

  test('asks only for the variables of the parts that are needed', () => {
    assert.deepEqual(loadConfig({}, ['databasePath']), { databasePath: './data/audit.db' });
  });

  test('lists unknown variables together with its problems, and never for themselves', () => {
    assert.deepEqual(problemsOf({ MAIL_TO: undefined, MAIL_TOO: 'a@acme.com' }), [
      'MAIL_TO is not set: give the recipients, separated by commas',
      'MAIL_TOO is unknown and has no effect: check its spelling',
    ]);
    assert.deepEqual(problemsOf({ MAIL_TOO: 'a@acme.com' }), []);
  });

  const names = variables.flatMap(({ name }) => [name, `${name}_FILE`]);
  test('fails with a ConfigError or not at all, whatever its variables hold', () => {
    const piece = fc.constantFrom(
      ...['"', '<', '>', '@', ',', ';', ':', '(', ')', '\\', ' ', '\n', '\0', 'a', 'é', '\u202e', '\ud800', '0', '-'],
      ...[
        'https://',
        'http://',
        '[::1]',
        '127.0.0.1',
        'localhost',
        'a@b.co',
        '*/5',
        '* * * * *',
        'tls',
        'none',
        'always',
        '%',
        '$',
        '*',
      ],
    );
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: piece, maxLength: 12 }));
    const environment = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    fc.assert(
      fc.property(environment, (values) => {
        try {
          loadConfig({ ...complete, ...values }, [
            ...(['omni', 'smtp', 'mail', 'rules', 'notification', 'schedule', 'timeZone'] as const),
            ...(['deadlineMs', 'heartbeatUrl', 'databasePath', 'logLevel', 'organizationName'] as const),
          ]);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          assert.ok(error.problems.length > 0);
          for (const problem of error.problems) assert.match(problem, /^[A-Z][A-Z_]+\b/);
        }
      }),
      { numRuns: 120 },
    );
  });
});

describe('the name of the organisation', () => {
  const names = [
    [{}, 'acme'],
    [{ OMNI_BASE_URL: 'https://omni.acme.com:8443/tenant/' }, 'omni'],
    [{ OMNI_BASE_URL: 'http://127.0.0.1:8080' }, '127.0.0.1'],
    [{ OMNI_BASE_URL: 'http://[::1]:8080' }, '[::1]'],
    [{ ORGANIZATION_NAME: 'Müller & Söhne' }, 'Müller & Söhne'],
  ] as const;
  for (const [differences, name] of names) {
    test(`is "${name}" for ${JSON.stringify(differences)}`, () => {
      assert.equal(load(differences).omni.organizationName, name);
    });
  }

  test('stands on one line', () => {
    assert.match(
      problemsOf({ ORGANIZATION_NAME: 'a\r\nBcc: b' }).join(),
      /^ORGANIZATION_NAME ".+": leave out line breaks/,
    );
  });
});

describe('the files that go with mails', () => {
  for (const [value, attaches] of [
    [undefined, true],
    ['', true],
    ['csv', true],
    ['none', false],
  ] as const) {
    test(`are ${attaches ? 'sent' : 'left out'} when MAIL_ATTACHMENTS is ${value === undefined ? 'not set' : `"${value}"`}`, () => {
      assert.equal(load({ MAIL_ATTACHMENTS: value }).mail.attaches, attaches);
    });
  }

  for (const value of ['pdf', 'CSV', 'csv,none', 'false']) {
    test(`are no guess when MAIL_ATTACHMENTS is "${value}"`, () => {
      assert.deepEqual(problemsOf({ MAIL_ATTACHMENTS: value }), [`MAIL_ATTACHMENTS "${value}": give one of csv, none`]);
    });
  }
});

describe('the mail server', () => {
  test('has port 465 with tls unless another is set', () => {
    assert.equal(load({ SMTP_SECURITY: 'tls' }).smtp.port, 465);
    assert.equal(load({ SMTP_SECURITY: 'tls', SMTP_PORT: '2465' }).smtp.port, 2465);
    assert.equal(load({ SMTP_SECURITY: 'none', SMTP_HOST: 'localhost' }).smtp.port, 587);
  });

  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) {
    test(`may be reached without encryption at ${host}`, () => {
      assert.equal(load({ SMTP_SECURITY: 'none', SMTP_HOST: host }).smtp.security, 'none');
    });
  }

  for (const host of ['mail.acme.com', '10.0.0.1', 'localhost.acme.com', '127.0.0.1.acme.com', 'fe80::1']) {
    test(`may not be reached without encryption at ${host}, unless that is allowed`, () => {
      const plain = { SMTP_SECURITY: 'none', SMTP_HOST: host };

      assert.deepEqual(problemsOf(plain), [
        `SMTP_SECURITY "none": mail to ${host} would travel unencrypted; use starttls or tls, or accept it with SMTP_ALLOW_PLAINTEXT=true`,
      ]);
      assert.equal(load({ ...plain, SMTP_ALLOW_PLAINTEXT: 'true' }).smtp.security, 'none');
    });
  }

  test('is not reached without encryption because of another spelling of true', () => {
    const problems = problemsOf({ SMTP_SECURITY: 'none', SMTP_ALLOW_PLAINTEXT: 'yes' });

    assert.match(problems.join('\n'), /SMTP_ALLOW_PLAINTEXT "yes": give one of true, false/);
  });
});

describe('the thresholds of stale tokens', () => {
  test('are all set by one variable', () => {
    const { staleAfterDays } = load({ STALE_AFTER_DAYS: '30, 60' }).rules;

    assert.deepEqual(staleAfterDays, { organization: [30, 60], personal: [30, 60], mcp: [30, 60] });
  });

  test('of one type win over those of all', () => {
    const { staleAfterDays } = load({ STALE_AFTER_DAYS: '30', STALE_AFTER_DAYS_PERSONAL: '45' }).rules;

    assert.deepEqual(staleAfterDays, { organization: [30], personal: [45], mcp: [30] });
  });

  test('are refused once when they are set for all types and wrong', () => {
    assert.deepEqual(problemsOf({ STALE_AFTER_DAYS: '30,x' }), [
      'STALE_AFTER_DAYS "30,x": give a whole number from 0 to 36500',
    ]);
  });

  test('are switched off by 0, for all types or for one', () => {
    const one = load({ STALE_AFTER_DAYS: '30', STALE_AFTER_DAYS_MCP: '0' }).rules.staleAfterDays;
    const all = load({ STALE_AFTER_DAYS: '0' }).rules.staleAfterDays;

    assert.deepEqual(one, { organization: [30], personal: [30], mcp: [] });
    assert.deepEqual(all, { organization: [], personal: [], mcp: [] });
  });
});

describe('an unknown variable', () => {
  test('is found when it begins like one of ours, in alphabetical order', () => {
    const env = {
      SMTP_PASWORD: 'x',
      OMNI_TOKEN: 'x',
      STALE_AFTER: '1',
      AUDIT_CORN: 'x',
      DATABASE_URL: 'x',
      DIGEST: 'x',
      DIGEST_WEN: 'always',
      LOG_LEVLE: 'debug',
      SMTP_HOST_FILE: '/run/secrets/host',
    };

    assert.deepEqual(unknownVariables(env), [
      'AUDIT_CORN',
      'DATABASE_URL',
      'DIGEST_WEN',
      'LOG_LEVLE',
      'OMNI_TOKEN',
      'SMTP_HOST_FILE',
      'SMTP_PASWORD',
      'STALE_AFTER',
    ]);
  });

  test('is none of ours, nor the file of a secret, nor one that belongs to other programs', () => {
    const ours = Object.fromEntries(variables.map(({ name }) => [name, 'x']));
    const files = { OMNI_API_TOKEN_FILE: 'x', SMTP_PASSWORD_FILE: 'x' };

    assert.deepEqual(unknownVariables({ ...ours, ...files, PATH: 'x', MAIL: 'x' }), []);
  });
});
