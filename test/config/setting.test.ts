import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { problemsOfLoading } from './config-problems.ts';

function passwordOf(env: NodeJS.ProcessEnv): string {
  const { login } = loadConfig({ SMTP_HOST: 'mail', SMTP_USERNAME: 'audit', ...env }, ['smtp']).smtp;
  assert.ok(login !== null && 'password' in login);
  return login.password.reveal();
}

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  return problemsOfLoading(() => passwordOf(env));
}

function fileWith(context: TestContext, content: string): string {
  const path = join(tempFolder(context), 'password');
  writeFileSync(path, content);
  return path;
}

describe('a secret in a file', () => {
  for (const [content, password] of [
    ['hunter2', 'hunter2'],
    [' hunter2 \n', ' hunter2 '],
    ['hunter2\r\n', 'hunter2'],
  ] as const) {
    test(`is read from ${JSON.stringify(content)}, without one line break at its end`, (context) => {
      assert.equal(passwordOf({ SMTP_PASSWORD: '', SMTP_PASSWORD_FILE: fileWith(context, content) }), password);
    });
  }

  const refused: [what: string, content: string, problem: string][] = [
    ['it is empty', '\n', 'SMTP_PASSWORD_FILE: the file is empty; write the secret into it'],
    ['it has further line breaks', 'hunter2\n\n', 'SMTP_PASSWORD_FILE: remove line breaks and control characters'],
  ];
  for (const [what, content, problem] of refused) {
    test(`is refused when ${what}`, (context) => {
      assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: fileWith(context, content) }), [problem]);
    });
  }

  test('is refused when the secret is also set directly', () => {
    assert.deepEqual(problemsOf({ SMTP_PASSWORD: 'hunter2', SMTP_PASSWORD_FILE: '/run/secrets/password' }), [
      'SMTP_PASSWORD and SMTP_PASSWORD_FILE are both set: remove one of them',
    ]);
  });

  test('is refused with path and reason when the file cannot be read', (context) => {
    const folder = tempFolder(context);
    mkdirSync(join(folder, 'folder'));
    for (const [path, code] of [
      [join(folder, 'missing'), 'ENOENT'],
      [join(folder, 'folder'), 'EISDIR'],
    ] as const) {
      assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: path }), [
        `SMTP_PASSWORD_FILE ${JSON.stringify(path)}: the file cannot be read (${code}); set it to the path of a file that contains the secret`,
      ]);
    }
  });

  for (const path of ['omni_osk_hunter2', '/hunter2+abc=', join(tmpdir(), 'hunter2', 'x'), 'hunter2\0']) {
    test(`is not shown when its path may be the secret itself (${JSON.stringify(path)})`, () => {
      const [problem = '', ...more] = problemsOf({ SMTP_PASSWORD_FILE: path });
      assert.match(problem, /^SMTP_PASSWORD_FILE: the file cannot be read \(E\w+\); set it to the path/);
      assert.deepEqual(more, []);
    });
  }
});

describe('a value in a problem', () => {
  for (const [name, value, shown] of [
    ['OMNI_BASE_URL', 'https://me:hunter2@acme.omniapp.co', 'https://[secret]@acme.omniapp.co'],
    ['OMNI_BASE_URL', 'https:me:hunter2@acme.omniapp.co', 'https:[secret]@acme.omniapp.co'],
    ['OMNI_BASE_URL', 'https://hunter2@acme.omniapp.co', '[secret]@acme.omniapp.co'],
    ['OMNI_BASE_URL', 'http://acme.omniapp.co?key=hunter2', 'http://acme.omniapp.co?[secret]'],
    ['SMTP_HOST', 'me:hunter2@hunter2@mail', '[secret]@mail'],
    ['MAIL_TO', 'a@acme.com, security team', 'a@acme.com, security team'],
  ] as const) {
    test(`is shown as "${shown}" for "${value}"`, () => {
      const problems = problemsOfLoading(() => loadConfig({ [name]: value }, ['omni', 'smtp', 'mail']));
      assert.equal(
        problems.filter((problem) => problem.startsWith(`${name} "${shown}": `)).length,
        1,
        problems.join('\n'),
      );
    });
  }
});
