import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { envFile, readEnvFile, readEnvironment } from '../../src/config/env-file.ts';
import { loadConfig } from '../../src/config/settings.ts';
import { readText } from '../support/project-files.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { problemsOfLoading } from './config-problems.ts';

function folderWith(context: TestContext, content: string | Buffer): string {
  const folder = tempFolder(context);
  writeFileSync(join(folder, '.env'), content);
  return folder;
}

describe('.env', () => {
  test('is no problem if it does not exist', (context) => {
    const folder = tempFolder(context);
    assert.deepEqual(readEnvFile(folder), { folder, status: 'missing', values: {}, problems: [] });
  });

  test('may have a byte order mark, any line breaks, comments, and values with and without quotes', (context) => {
    const lines = ['# a comment', '', '  # another', 'A=x y', "B = 'x # y'", 'export C="x"', 'D=', 'E=`"x" \'y\'`'];
    const folder = folderWith(context, `\ufeff${lines.join('\r\n')}\rF="Omni" <a@b>\n`);
    const values = { A: 'x y', B: 'x # y', C: 'x', D: '', E: '"x" \'y\'', F: '"Omni" <a@b>' };
    assert.deepEqual(readEnvFile(folder), { folder, status: 'read', values, problems: [] });
  });

  test('gives way to the environment, even if a variable is empty there', (context) => {
    const environment = readEnvironment({ A: '1', B: '' }, folderWith(context, 'A=2\nB=2\nC=2'));
    assert.deepEqual({ ...environment, [envFile]: undefined }, { A: '1', B: '', C: '2', [envFile]: undefined });
  });

  test('is read as .env.example shows it', (context) => {
    assert.deepEqual(readEnvFile(folderWith(context, readText('.env.example'))).problems, []);
  });

  const cut =
    'the text after "#" is a comment, not part of the value; put the comment on another line, or the whole value in single quotes';
  const otherQuotes = 'the value contains its own kind of quotes; use another kind, or none';
  const unclosed = 'the quote is not closed; close it on the same line, or use another kind of quotes';
  const notAssigned = 'not a NAME=value line; write NAME=value, or begin the line with "#"';
  const wrong: [line: string, problem: string][] = [
    ['A=hunter2#x', `, A: ${cut}`],
    ['A=hunter2 # x', `, A: ${cut}`],
    ['A=#hunter2', `, A: ${cut}`],
    ['A="hunter2" # x', `, A: ${cut}`],
    ['A="Team #1" <hunter2>', `, A: ${cut}`],
    ["A='hunter2", `, A: ${unclosed}`],
    ['A="hunter2\'', `, A: ${unclosed}`],
    ['A="hunter"2"', `, A: ${otherQuotes}`],
    ['A="hunter\\"2"', `, A: ${otherQuotes}`],
    ["A='hunter2\\'", `, A: ${otherQuotes}`],
    ['A="C:\\new"', ', A: \\n and \\r become line breaks in double quotes; use single quotes'],
    ['A=hunter2\u0007', ', A: contains a control character; remove it'],
    ['A=hunter\0', ', A: contains a control character; remove it'],
    ['A: hunter2', `: ${notAssigned}`],
    ['hunter2', `: ${notAssigned}`],
    ['=hunter2', `: ${notAssigned}`],
    ['\u200bA=hunter2', `: ${notAssigned}`],
  ];
  for (const [line, problem] of wrong) {
    test(`has a problem in ${JSON.stringify(line)}, which is named without the value`, (context) => {
      const { problems } = readEnvFile(folderWith(context, `B=1\n${line}\n`));
      const expected = line.includes('\0') ? [] : [`.env, line 2${problem}`];
      if (expected.length > 0) assert.deepEqual(problems, expected);
      else assert.match(problems.join(), /the file is not plain text/);
    });
  }

  test('may set a variable once', (context) => {
    const folder = folderWith(context, 'A=1\nB=1\nexport A = 2');
    assert.deepEqual(readEnvFile(folder).problems, ['.env, line 3, A: already set in line 1; remove one of them']);
  });

  test('is reported if it is not a readable text file, without waiting for a pipe', (context) => {
    const cases: [make: (path: string) => void, problem: RegExp][] = [
      [(path) => mkdirSync(path), /^"\/.*\/\.env": the file is a folder; /],
      [(path) => execFileSync('mkfifo', [path]), /: the file is a pipe, a device or a socket; /],
      [(path) => symlinkSync('/dev/zero', path), /: the file is a pipe, a device or a socket; /],
      [(path) => symlinkSync('missing', path), /: the file is a link to one that does not exist; /],
      [(path) => symlinkSync('.env', path), /: the file cannot be read \(ELOOP\); /],
      [(path) => writeFileSync(path, 'A=ä', 'latin1'), /: the file is not plain text in UTF-8; /],
      [(path) => writeFileSync(path, '\ufeffA=1', 'utf16le'), /: the file is not plain text in UTF-8; /],
      [(path) => writeFileSync(path, '#'.repeat(65_537)), /: the file is larger than 64 KB; /],
    ];
    for (const [make, problem] of cases) {
      const folder = tempFolder(context);
      make(join(folder, '.env'));
      const { status, problems } = readEnvFile(folder);
      assert.deepEqual([status, problems.length], ['unreadable', 1]);
      assert.match(problems.join(), problem);
    }
  });

  test('has the values that it seems to have, if it has no problems', (context) => {
    const folder = folderWith(context, '');
    const piece = fc.constantFrom(
      'A',
      'B',
      '=',
      ' ',
      '\n',
      '\\',
      '"',
      "'",
      '`',
      '#',
      'x',
      ':',
      '\t',
      'export ',
      '\r\n',
    );
    const file = fc.array(piece, { maxLength: 24 }).map((pieces) => `A=${pieces.join('')}`);
    fc.assert(
      fc.property(file, (content) => {
        writeFileSync(join(folder, '.env'), content);
        const { problems, values } = readEnvFile(folder);
        if (problems.length > 0) return;
        const expected = content.split(/\r?\n/).flatMap((line) => {
          const [, name = '', value = ''] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
          return name === '' ? [] : [[name, value.replace(/^(["'`])(.*)\1$/, '$2')]];
        });
        assert.deepEqual(values, Object.fromEntries(expected), JSON.stringify(content));
      }),
      { numRuns: 2000 },
    );
  });
});

test('.env of another account, or one that every account can write, is not obeyed', (context) => {
  const folder = folderWith(context, 'OMNI_BASE_URL=https://evil.example');
  const path = join(folder, '.env');
  const obeyed = (): unknown[] => [readEnvFile(folder).values, readEnvFile(folder).problems.join()];
  chmodSync(path, 0o646);
  assert.deepEqual(obeyed(), [{}, `"${path}": every account can write to the file; ${ownFile}`]);
  chmodSync(path, 0o600);
  if (process.geteuid?.() !== 0) return;
  chownSync(path, 12_345, 12_345);
  assert.deepEqual(obeyed(), [{}, `"${path}": the file belongs to account 12345; ${ownFile}`]);
});

const ownFile = 'use a file that belongs to the account that runs this program, with mode 600';

describe('the problems of .env', () => {
  test('are reported with those of the settings, first, and also when the settings are valid', (context) => {
    const folder = folderWith(context, 'DATABASE_PATH=./audit.db # here\nSMTP_PORT=x');
    const load = (): unknown => loadConfig(readEnvironment({}, folder), ['databasePath']);
    assert.match(
      problemsOfLoading(load).join('\n'),
      /^\.env, line 1, DATABASE_PATH: the text after "#" is a comment.*$/,
    );
  });

  test('come with where it was looked for if something required is missing', (context) => {
    const [parent, folder] = [tempFolder(context), join('sub', 'folder')];
    mkdirSync(join(parent, folder), { recursive: true });
    const lastProblem = (path: string, env = {}): string | undefined =>
      problemsOfLoading(() => loadConfig(readEnvironment(env, path), ['omni'])).at(-1);
    const none = `.env: not found in the working folder "${join(parent, folder)}"`;
    // There may be one in the folder of the program.
    assert.ok(lastProblem(join(parent, folder))?.startsWith(none));
    writeFileSync(join(parent, '.env'), 'OMNI_BASE_URL=https://acme.omniapp.co');
    assert.equal(
      lastProblem(join(parent, folder)),
      `${none}; "${join(parent, '.env')}" exists but is not read: run the command in its folder, or copy the file`,
    );
    assert.equal(
      lastProblem(parent),
      `.env: "${join(parent, '.env')}" was read, but does not set these variables, or the environment hides them`,
    );
    const others = { OMNI_BASE_URL: 'https://acme.omniapp.co', OMNI_API_TOKEN: 'x y' };
    assert.match(lastProblem(join(parent, folder), others) ?? '', /^OMNI_API_TOKEN: copy the token again/);
  });

  test('include a value of the file that an empty variable of the environment hides', (context) => {
    const environment = readEnvironment({ SMTP_HOST: '' }, folderWith(context, 'SMTP_HOST=mail.acme.example'));
    assert.match(
      problemsOfLoading(() => loadConfig(environment, ['smtp'])).join('\n'),
      /^SMTP_HOST is empty in the environment, which takes precedence over \.env: set it to the host name/,
    );
  });
});
