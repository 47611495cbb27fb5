import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { loadConfig } from '../../src/config/settings.ts';
import type { OAuthLogin, SmtpLogin } from '../../src/config/smtp-settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
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

function oauthLoginOf(values: NodeJS.ProcessEnv): OAuthLogin {
  const login = loginOf(values);
  assert.ok(login !== null && 'oauth' in login);
  return login;
}

function problemsOf(values: NodeJS.ProcessEnv): readonly string[] {
  return problemsOfLoading(() => loginOf(values));
}

describe('the log-in at the mail server', () => {
  test('is left out where nothing is set', () => {
    assert.equal(loginOf({}), null);
    assert.equal(loginOf({ SMTP_USERNAME: '', SMTP_PASSWORD: '', SMTP_OAUTH_CLIENT_ID: '' }), null);
  });

  test('is a name and a password', () => {
    const login = loginOf({ SMTP_USERNAME: 'audit', SMTP_PASSWORD: 'hunter2' });

    assert.ok(login !== null && 'password' in login);
    assert.equal(login.username, 'audit');
    assert.equal(login.password.reveal(), 'hunter2');
  });

  test('is the application’s own right where no refresh token is set', () => {
    const { username, oauth } = oauthLoginOf(microsoft);

    assert.equal(username, 'audit@acme.example');
    assert.equal(oauth.tokenUrl, microsoft.SMTP_OAUTH_TOKEN_URL);
    assert.equal(oauth.clientId, microsoft.SMTP_OAUTH_CLIENT_ID);
    assert.equal(oauth.scope, microsoft.SMTP_OAUTH_SCOPE);
    assert.equal(oauth.refreshToken, null);
    assert.equal(oauth.clientSecret?.reveal(), 'hunter2-client');
  });

  test('is a person’s right where a refresh token is set, and asks for no scope unless told', () => {
    const { scope, clientSecret, refreshToken } = oauthLoginOf(google).oauth;

    assert.equal(scope, null);
    assert.equal(refreshToken?.reveal(), 'hunter2-refresh');
    assert.equal(clientSecret?.reveal(), 'hunter2-client');
  });

  test('needs no client secret beside a refresh token, since a public client has none', () => {
    assert.equal(oauthLoginOf({ ...google, SMTP_OAUTH_CLIENT_SECRET: undefined }).oauth.clientSecret, null);
  });

  test('takes its secrets from files', (context) => {
    const folder = tempFolder(context);
    const file = (name: string): string => {
      writeFileSync(join(folder, name), `${name} from a file\n`);
      return join(folder, name);
    };

    const { clientSecret, refreshToken } = oauthLoginOf({
      ...google,
      SMTP_OAUTH_CLIENT_SECRET: undefined,
      SMTP_OAUTH_CLIENT_SECRET_FILE: file('secret'),
      SMTP_OAUTH_REFRESH_TOKEN: undefined,
      SMTP_OAUTH_REFRESH_TOKEN_FILE: file('token'),
    }).oauth;

    assert.equal(clientSecret?.reveal(), 'secret from a file');
    assert.equal(refreshToken?.reveal(), 'token from a file');
  });

  test('shows its secrets to nobody', () => {
    for (const values of [microsoft, google]) {
      const login = oauthLoginOf(values);
      assert.doesNotMatch(inspect(login, { depth: 10, showHidden: true }) + JSON.stringify(login), /hunter2/);
    }
  });

  for (const url of ['http://localhost:8080/token', 'http://127.0.0.1/token', 'https://a.example/token?policy=mail']) {
    test(`may ask for its token at ${url}`, () => {
      assert.equal(oauthLoginOf({ ...microsoft, SMTP_OAUTH_TOKEN_URL: url }).oauth.tokenUrl, url);
    });
  }
});

const url = 'SMTP_OAUTH_TOKEN_URL';
const clientId = 'SMTP_OAUTH_CLIENT_ID';
const clientSecret = 'SMTP_OAUTH_CLIENT_SECRET';
const remove = 'remove the variables that begin with SMTP_OAUTH_';
function missing(name: string, given = url): string {
  return `${name} is not set, but ${given} is: set it, or ${remove}`;
}
function both(given: string): string {
  return `SMTP_PASSWORD and ${given} are both set: remove the password, or ${remove}`;
}
const unreadable = 'the file cannot be read (ENOENT); give the path of a file that holds the secret';

/** What is set, and every problem with it, in alphabetical order. */
const problems: [string, NodeJS.ProcessEnv, string[]][] = [
  [
    'a name alone',
    { SMTP_USERNAME: 'audit' },
    ['SMTP_USERNAME is set without SMTP_PASSWORD: set both or neither, or log in with OAuth (SMTP_OAUTH_TOKEN_URL)'],
  ],
  [
    'a password alone',
    { SMTP_PASSWORD: 'hunter2' },
    ['SMTP_PASSWORD is set without SMTP_USERNAME: set both or neither'],
  ],
  ['a password beside a token', { ...microsoft, SMTP_PASSWORD: 'hunter2' }, [both(url)]],
  [
    'a password’s file beside a token',
    { ...google, SMTP_PASSWORD_FILE: '/run/secrets/smtp_password' },
    [`SMTP_PASSWORD_FILE: ${unreadable}`],
  ],
  ['no mailbox', { ...microsoft, SMTP_USERNAME: undefined }, [missing('SMTP_USERNAME')]],
  ['no address', { ...microsoft, [url]: undefined }, [missing(url, clientId)]],
  ['no application', { ...google, [clientId]: '' }, [missing(clientId)]],
  ['neither secret nor refresh token', { ...microsoft, [clientSecret]: undefined }, [missing(clientSecret)]],
  ['a secret’s file alone', { [`${clientSecret}_FILE`]: '/nowhere/secret' }, [`${clientSecret}_FILE: ${unreadable}`]],
  [
    'a scope and a password',
    { SMTP_OAUTH_SCOPE: 'a', SMTP_PASSWORD: 'hunter2', SMTP_USERNAME: 'audit', SMTP_PORT: 'x' },
    [
      missing(clientId, 'SMTP_OAUTH_SCOPE'),
      missing(clientSecret, 'SMTP_OAUTH_SCOPE'),
      missing(url, 'SMTP_OAUTH_SCOPE'),
      both('SMTP_OAUTH_SCOPE'),
      'SMTP_PORT "x": give a whole number from 1 to 65535',
    ],
  ],
  [
    'an address without encryption',
    { ...google, [url]: 'http://oauth2.example/token' },
    [`${url} "http://oauth2.example/token": use https://`],
  ],
  [
    'an address that is none',
    { ...google, [url]: 'oauth2.example' },
    [`${url} "oauth2.example": give an https:// address`],
  ],
  [
    'an address with a password',
    { ...google, [url]: 'https://me:hunter2@oauth2.example/' },
    [`${url} "https://[secret]@oauth2.example/": leave out the user name and password`],
  ],
  [
    'an address with a fragment',
    { ...google, [url]: 'https://oauth2.example/#a' },
    [`${url} "https://oauth2.example/#a": leave out everything from "#" on`],
  ],
  [
    'secrets with line breaks',
    { ...google, [clientSecret]: 'hunter2\nhunter3', SMTP_OAUTH_REFRESH_TOKEN: 'hunter2\n' },
    [
      `${clientSecret}: leave out line breaks and control characters`,
      'SMTP_OAUTH_REFRESH_TOKEN: leave out line breaks and control characters',
    ],
  ],
  [
    'a secret twice',
    { ...microsoft, [`${clientSecret}_FILE`]: '/run/secrets/x' },
    [`${clientSecret} and ${clientSecret}_FILE are both set: remove one of them`],
  ],
  [
    'a mailbox that would end the log-in early',
    { ...google, SMTP_USERNAME: 'a\u0001auth=Bearer b' },
    ['SMTP_USERNAME "a\\u0001auth=Bearer b": leave out line breaks and control characters'],
  ],
];

describe('a log-in that cannot be meant is refused with the hint:', () => {
  for (const [what, values, expected] of problems) {
    test(what, () => {
      const found = problemsOf(values);

      assert.deepEqual(found.toSorted(), expected);
      assert.doesNotMatch(found.join('\n'), /hunter/);
    });
  }
});
