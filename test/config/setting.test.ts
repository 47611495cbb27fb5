import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { problemsOfLoading } from './config-problems.ts';

const omni = { OMNI_BASE_URL: 'https://acme.omniapp.co' };

function tokenOf(env: NodeJS.ProcessEnv): string {
  return loadConfig({ ...omni, ...env }, ['omni']).omni.token.reveal();
}

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  return problemsOfLoading(() => tokenOf(env));
}

function fileWith(context: TestContext, content: string): string {
  const path = join(tempFolder(context), 'token');
  writeFileSync(path, content);
  return path;
}

describe('a secret in a file', () => {
  for (const [what, content] of [
    ['without a newline', 'hunter2'],
    ['with one newline', 'hunter2\n'],
    ['with one newline of Windows', 'hunter2\r\n'],
  ] as const) {
    test(`is read ${what} at its end`, (context) => {
      assert.equal(tokenOf({ OMNI_API_TOKEN_FILE: fileWith(context, content) }), 'hunter2');
    });
  }

  test('keeps its spaces, which may belong to a password', (context) => {
    const env = { SMTP_HOST: 'mail', SMTP_USERNAME: 'audit', SMTP_PASSWORD_FILE: fileWith(context, ' hunter2 \n') };
    const { login } = loadConfig(env, ['smtp']).smtp;

    assert.equal(login !== null && 'password' in login && login.password.reveal(), ' hunter2 ');
  });

  test('loses one newline only, and more are a problem', (context) => {
    const env = { SMTP_HOST: 'mail', SMTP_USERNAME: 'audit', SMTP_PASSWORD_FILE: fileWith(context, 'hunter2\n\n') };

    assert.deepEqual(
      problemsOfLoading(() => loadConfig(env, ['smtp'])),
      ['SMTP_PASSWORD_FILE: leave out line breaks and control characters'],
    );
  });

  test('is a problem when it is empty', (context) => {
    assert.deepEqual(problemsOf({ OMNI_API_TOKEN_FILE: fileWith(context, '\n') }), [
      'OMNI_API_TOKEN_FILE: the file is empty; write the secret into it',
    ]);
  });

  test('may not accompany the same secret in its variable', (context) => {
    const env = { OMNI_API_TOKEN: 'hunter3', OMNI_API_TOKEN_FILE: fileWith(context, 'hunter2') };

    assert.deepEqual(problemsOf(env), ['OMNI_API_TOKEN and OMNI_API_TOKEN_FILE are both set: remove one of them']);
  });

  test('counts when its variable is set but empty', (context) => {
    assert.equal(tokenOf({ OMNI_API_TOKEN: '', OMNI_API_TOKEN_FILE: fileWith(context, 'hunter2') }), 'hunter2');
  });

  test('that cannot be read is named, with the reason', (context) => {
    const folder = tempFolder(context);
    mkdirSync(join(folder, 'folder'));
    for (const [path, code] of [
      [join(folder, 'missing'), 'ENOENT'],
      [join(folder, 'folder'), 'EISDIR'],
    ] as const) {
      assert.deepEqual(problemsOf({ OMNI_API_TOKEN_FILE: path }), [
        `OMNI_API_TOKEN_FILE ${JSON.stringify(path)}: the file cannot be read (${code}); give the path of a file that holds the secret`,
      ]);
    }
  });

  for (const value of [
    'omni_osk_hunter2',
    '/hunter2+abc=',
    'hunter2/abc',
    join(tmpdir(), 'hunter2', 'x'),
    'hunter2\0',
  ]) {
    test(`is not shown when its path may be the secret itself (${JSON.stringify(value)})`, () => {
      const [problem = '', ...more] = problemsOf({ OMNI_API_TOKEN_FILE: value });

      assert.match(problem, /^OMNI_API_TOKEN_FILE: the file cannot be read \(E\w+\); give the path/);
      assert.deepEqual(more, []);
    });
  }
});

describe('a value in a problem', () => {
  const shown = [
    ['OMNI_BASE_URL', 'https://me:hunter2@acme.omniapp.co', '"https://[secret]@acme.omniapp.co"'],
    ['OMNI_BASE_URL', 'https:me:hunter2@acme.omniapp.co', '"https:[secret]@acme.omniapp.co"'],
    ['OMNI_BASE_URL', 'https://hunter2@acme.omniapp.co', '"[secret]@acme.omniapp.co"'],
    ['OMNI_BASE_URL', 'http://acme.omniapp.co?key=hunter2', '"http://acme.omniapp.co?[secret]"'],
    ['SMTP_HOST', 'me:hunter2@mail', '"[secret]@mail"'],
    ['SMTP_HOST', 'me:hunter2@hunter2@mail', '"[secret]@mail"'],
    ['MAIL_TO', 'a@acme.com, security team', '"a@acme.com, security team"'],
    ['AUDIT_CRON', '0 7 ? * 9', '"0 7 ? * 9"'],
  ] as const;
  for (const [name, value, expected] of shown) {
    test(`is shown as ${expected} for ${value}`, () => {
      const problems = problemsOfLoading(() =>
        loadConfig({ [name]: value }, ['omni', 'smtp', 'mail', 'schedule']),
      ).filter((problem) => problem.startsWith(`${name} "`));

      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.startsWith(`${name} ${expected}: `), problems[0]);
    });
  }
});
