import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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

function fileWith(context: TestContext, content: string | Buffer): string {
  const path = join(tempFolder(context), 'password');
  writeFileSync(path, content);
  return path;
}

describe('a secret in a file', () => {
  for (const [content, password] of [
    ['hunter2', 'hunter2'],
    [' hunter2 \n', ' hunter2 '],
    ['hunter2\r\n', 'hunter2'],
    ['\ufeffhunter2\n', 'hunter2'],
    ['"hunter2"', '"hunter2"'],
    ['pässwörd', 'pässwörd'],
  ] as const) {
    test(`is read from ${JSON.stringify(content)}, without one line break at its end`, (context) => {
      assert.equal(passwordOf({ SMTP_PASSWORD: '', SMTP_PASSWORD_FILE: fileWith(context, content) }), password);
    });
  }

  test('is read through links, as Kubernetes and Docker mount it', (context) => {
    const folder = tempFolder(context);
    mkdirSync(join(folder, '..2026'));
    writeFileSync(join(folder, '..2026', 'password'), 'hunter2');
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync('..data/password', join(folder, 'password'));
    assert.equal(passwordOf({ SMTP_PASSWORD_FILE: join(folder, 'password') }), 'hunter2');
  });

  const refused: [what: string, content: string, problem: string][] = [
    ['it is empty', '\n', 'the file is empty; write the secret into it'],
    ['it is blank', ' \n', 'the file is empty; write the secret into it'],
    ['it has further line breaks', 'hunter2\n\n', 'remove line breaks and control characters'],
    ['it has a zero-width space', 'hunter\u200b2', 'remove invisible characters'],
    ['it ends with a no-break space', 'hunter2\u00a0', 'remove invisible white space at the beginning or end'],
  ];
  for (const [what, content, problem] of refused) {
    test(`is refused when ${what}`, (context) => {
      assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: fileWith(context, content) }), [
        `SMTP_PASSWORD_FILE: ${problem}`,
      ]);
    });
  }

  const notText = 'the file is not plain text in UTF-8; save it in UTF-8';
  const unreadable: [what: string, content: Buffer, problem: string][] = [
    ['Latin-1', Buffer.from('pässwörd', 'latin1'), notText],
    ['UTF-16', Buffer.from('\ufeffhunter2', 'utf16le'), notText],
    ['UTF-16 without a byte order mark', Buffer.from('hunter2', 'utf16le'), notText],
    ['more than 64 KB', Buffer.alloc(65_537, 'x'), 'the file is larger than 64 KB; correct the path'],
  ];
  for (const [what, content, problem] of unreadable) {
    test(`is refused in ${what}, with the path`, (context) => {
      const path = fileWith(context, content);
      assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: path }), [`SMTP_PASSWORD_FILE "${path}": ${problem}`]);
    });
  }

  test('is refused when the secret is also set directly', () => {
    assert.deepEqual(problemsOf({ SMTP_PASSWORD: 'hunter2', SMTP_PASSWORD_FILE: '/run/secrets/password' }), [
      'SMTP_PASSWORD and SMTP_PASSWORD_FILE are both set: remove one of them',
    ]);
  });

  test('is refused with path and reason when something else has its path, and nobody waits for a pipe or a device', (context) => {
    const folder = tempFolder(context);
    mkdirSync(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('missing', join(folder, 'link'));
    const special = 'the file is a pipe, a device or a socket; use a regular file';
    for (const [path, problem] of [
      [
        join(folder, 'folder'),
        'the file is a folder; replace it with the file (Docker creates a folder if the file to mount does not exist)',
      ],
      [join(folder, 'link'), 'the file is a link to one that does not exist; correct the link'],
      [join(folder, 'pipe'), special],
      ['/dev/zero', special],
      ['/dev/tty', special],
    ] as const) {
      assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: path }), [`SMTP_PASSWORD_FILE "${path}": ${problem}`]);
    }
  });

  test('is refused with its path when it may not be read', { skip: process.getuid?.() === 0 }, (context) => {
    const path = fileWith(context, 'hunter2');
    chmodSync(path, 0);
    assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: path }), [
      `SMTP_PASSWORD_FILE "${path}": the file cannot be read (EACCES); make it readable for the user that runs this program`,
    ]);
  });

  const hint = 'set it to the path of a file that contains the secret';
  for (const path of ['omni_osk_hunter2', '/hunter2+abc=', 'src/hunter2', join(tmpdir(), 'hunter2', 'x')]) {
    test(`is not shown when its path may be the secret itself (${JSON.stringify(path)})`, () => {
      const [problem = '', ...more] = problemsOf({ SMTP_PASSWORD_FILE: path });
      assert.match(problem, new RegExp(`^SMTP_PASSWORD_FILE: the file cannot be read \\(E\\w+\\); ${hint}$`));
      assert.deepEqual(more, []);
    });
  }

  test('is not shown when its path is not literal', () => {
    for (const path of ['"/run/secrets/hunter2"', '/run/secrets/hunter2\r', ' hunter2', 'hunter2\0']) {
      assert.match(problemsOf({ SMTP_PASSWORD_FILE: path }).join('\n'), /^SMTP_PASSWORD_FILE: remove (?!.*hunter2)/);
    }
  });

  test('is not shown when it does not exist, unlike its folder', (context) => {
    const folder = tempFolder(context);
    assert.deepEqual(problemsOf({ SMTP_PASSWORD_FILE: join(folder, 'hunter2') }), [
      `SMTP_PASSWORD_FILE: the file cannot be read (ENOENT) in "${folder}"; ${hint}`,
    ]);
  });
});

describe('a value that means something else is refused, and a secret is not shown:', () => {
  const quotes = 'remove the quotes around the value; `docker --env-file` makes them part of it';
  const blank = 'it is blank; set a value, or remove the variable';
  const reference = 'set the value itself: references such as $NAME are not replaced';
  const refused: [value: string, hint: string][] = [
    ['"hunter2"', quotes],
    ["'hunter2'", quotes],
    ['`hunter2`', quotes],
    [' "hunter2" ', quotes],
    ['“hunter2”', quotes],
    ['„hunter2“', quotes],
    ['""', quotes],
    [' ', blank],
    ['\u00a0', blank],
    [`$${'{HUNTER2}'}`, reference],
    ['$(cat hunter2)', reference],
    ['{{ hunter2 }}', reference],
  ];
  for (const [value, hint] of refused) {
    test(JSON.stringify(value), () => {
      assert.deepEqual(problemsOf({ SMTP_PASSWORD: value }), [`SMTP_PASSWORD: ${hint}`]);
      assert.deepEqual(problemsOf({ SMTP_PASSWORD: 'x', SMTP_HOST: value }), [
        `SMTP_HOST ${JSON.stringify(value)}: ${hint}`,
      ]);
    });
  }

  test('but quotes and dollar signs inside a value are part of it', () => {
    for (const password of ['"', 'a"b"', '"a"b', '“a', '$HUNTER2', `x$${'{y}'}`]) {
      assert.equal(passwordOf({ SMTP_PASSWORD: password }), password);
    }
  });
});
