import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/settings.ts';
import type { OAuthClient, SmtpLogin } from '../../src/config/smtp-settings.ts';
import { problemsOfLoading } from './config-problems.ts';

const microsoft = {
  SMTP_USERNAME: 'audit@acme.example',
  SMTP_OAUTH_TOKEN_URL: 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token',
  SMTP_OAUTH_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
  SMTP_OAUTH_CLIENT_SECRET: 'hunter2-client',
  SMTP_OAUTH_SCOPE: 'https://outlook.office365.com/.default',
};
const google = {
  SMTP_USERNAME: 'audit@acme.example',
  SMTP_OAUTH_TOKEN_URL: 'https://oauth2.googleapis.com/token',
  SMTP_OAUTH_CLIENT_ID: '123.apps.googleusercontent.com',
  SMTP_OAUTH_CLIENT_SECRET: 'hunter2-client',
  SMTP_OAUTH_REFRESH_TOKEN: 'hunter2-refresh',
};

function loginOf(values: NodeJS.ProcessEnv): SmtpLogin | null {
  return loadConfig({ SMTP_HOST: 'mail.acme.example', ...values }, ['smtp']).smtp.login;
}

function oauthOf(values: NodeJS.ProcessEnv): OAuthClient {
  const login = loginOf(values);
  assert.ok(login !== null && 'oauth' in login);
  assert.equal(login.username, 'audit@acme.example');
  return login.oauth;
}

describe('the login to the mail server', () => {
  test('is null when nothing is set', () => {
    assert.equal(loginOf({ SMTP_USERNAME: '', SMTP_PASSWORD: '', SMTP_OAUTH_CLIENT_ID: '' }), null);
  });

  test('has a user name and a password', () => {
    const login = loginOf({ SMTP_USERNAME: 'audit', SMTP_PASSWORD: 'hunter2' });
    assert.ok(login !== null && 'password' in login);
    assert.deepEqual([login.username, login.password.reveal()], ['audit', 'hunter2']);
  });

  test('uses OAuth for the application itself when no refresh token is set', () => {
    const { tokenUrl, clientId, scope, refreshToken, clientSecret } = oauthOf(microsoft);
    assert.deepEqual(
      [tokenUrl, clientId, clientSecret?.reveal(), scope, refreshToken],
      [...Object.values(microsoft).slice(1), null],
    );
  });

  test('uses OAuth with a refresh token, for which client secret and scope are optional', () => {
    const { scope, clientSecret, refreshToken } = oauthOf({ ...google, SMTP_OAUTH_CLIENT_SECRET: undefined });
    assert.deepEqual([scope, clientSecret, refreshToken?.reveal()], [null, null, 'hunter2-refresh']);
  });
});

const url = 'SMTP_OAUTH_TOKEN_URL';
const clientId = 'SMTP_OAUTH_CLIENT_ID';
const clientSecret = 'SMTP_OAUTH_CLIENT_SECRET';
const remove = 'remove the variables that begin with SMTP_OAUTH_';
function missing(name: string, given = url): string {
  const choices = name === clientSecret ? `${name} or SMTP_OAUTH_REFRESH_TOKEN` : name;
  return `${name} is not set, but ${given} is: set ${choices}, or ${remove}`;
}
const unreadable = 'the file cannot be read (ENOENT); set it to the path of a file that contains the secret';
const noControls = 'remove line breaks and control characters';

/** What is set, and all problems that this causes, in alphabetical order. */
const problems: [what: string, NodeJS.ProcessEnv, string[]][] = [
  [
    'a user name without a password',
    { SMTP_USERNAME: 'audit' },
    ['SMTP_USERNAME is set without SMTP_PASSWORD: set both or neither, or log in with OAuth (SMTP_OAUTH_TOKEN_URL)'],
  ],
  [
    'a password without a user name',
    { SMTP_PASSWORD: 'hunter2' },
    ['SMTP_PASSWORD is set without SMTP_USERNAME: set both or neither'],
  ],
  ['no mailbox', { ...microsoft, SMTP_USERNAME: undefined }, [missing('SMTP_USERNAME')]],
  ['no token URL', { ...microsoft, [url]: undefined }, [missing(url, clientId)]],
  ['no client', { ...google, [clientId]: '' }, [missing(clientId)]],
  ['neither secret nor refresh token', { ...microsoft, [clientSecret]: undefined }, [missing(clientSecret)]],
  [
    'a scope and a password',
    { SMTP_OAUTH_SCOPE: 'a', SMTP_PASSWORD: 'hunter2', SMTP_USERNAME: 'audit' },
    [
      missing(clientId, 'SMTP_OAUTH_SCOPE'),
      missing(clientSecret, 'SMTP_OAUTH_SCOPE'),
      missing(url, 'SMTP_OAUTH_SCOPE'),
      `SMTP_PASSWORD and SMTP_OAUTH_SCOPE are both set: remove the password, or ${remove}`,
    ],
  ],
  // An unreadable file is the only problem: the password may be set after all.
  [
    'an unreadable file with a password',
    { ...google, SMTP_PASSWORD_FILE: '/nowhere/password' },
    [`SMTP_PASSWORD_FILE: ${unreadable}`],
  ],
  [
    'only an unreadable client secret',
    { [`${clientSecret}_FILE`]: '/nowhere/x' },
    [`${clientSecret}_FILE: ${unreadable}`],
  ],
  [
    'secrets and a mailbox with control characters',
    { ...google, SMTP_USERNAME: 'a\u0001b', [clientSecret]: 'hunter2\nx', SMTP_OAUTH_REFRESH_TOKEN: 'hunter2\n' },
    [
      `${clientSecret}: ${noControls}`,
      `SMTP_OAUTH_REFRESH_TOKEN: ${noControls}`,
      `SMTP_USERNAME "a\\u0001b": ${noControls}`,
    ],
  ],
];

describe('the login to the mail server is refused with a hint for', () => {
  for (const [what, values, expected] of problems) {
    test(what, () => {
      const found = problemsOfLoading(() => loginOf(values));
      assert.deepEqual(found.toSorted(), expected);
      assert.doesNotMatch(found.join('\n'), /hunter/);
    });
  }
});
