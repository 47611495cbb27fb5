import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execute, readTables } from '../support/database-rows.ts';
import { apiToken } from '../support/omni-api.ts';
import { inject } from '../support/omni-faults.ts';
import { page } from '../support/scripted-omni.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, startSimulator, type Variables, type World } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

/** Writes a file into the folder of a world and returns its path. */
function write({ folder }: World, name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('check, as a process, refuses a setting that means something else', { concurrency: 2 }, () => {
  const cases: [what: string, env: (world: World) => Variables, problem: RegExp][] = [
    [
      'a secret in place of the path of its file',
      () => ({ OMNI_API_TOKEN: '', OMNI_API_TOKEN_FILE: '/tmp/hunter2' }),
      /OMNI_API_TOKEN_FILE: the file cannot be read \(ENOENT\) in "\/tmp"; set it to the path/,
    ],
    [
      'a login in OMNI_BASE_URL',
      () => ({ OMNI_BASE_URL: 'https:me:hunter2@acme.omniapp.co' }),
      /OMNI_BASE_URL "https:\[secret\]@acme\.omniapp\.co": remove the user name and password/,
    ],
    ['a login in SMTP_HOST', () => ({ SMTP_HOST: 'me:hunter2@mail' }), /SMTP_HOST "\[secret\]@mail": use a host name/],
    [
      'the query of SMTP_OAUTH_TOKEN_URL',
      () => ({ SMTP_OAUTH_TOKEN_URL: 'http://login.example/t?secret=hunter2' }),
      /SMTP_OAUTH_TOKEN_URL "http:\/\/login\.example\/t\?\[secret\]": use https/,
    ],
    [
      'a secret in Latin-1',
      (world) => ({
        OMNI_API_TOKEN: '',
        OMNI_API_TOKEN_FILE: write(world, 'token', Buffer.from('hunter2é', 'latin1')),
      }),
      /OMNI_API_TOKEN_FILE ".*token": the file is not plain text in UTF-8; save it in UTF-8/,
    ],
    [
      'text after # in .env',
      (world) => {
        write(world, '.env', 'SMTP_PASSWORD=hunter2#x\n');
        return {};
      },
      /\.env, line 1, SMTP_PASSWORD: the text after "#" is a comment/,
    ],
    [
      'a folder in place of .env',
      (world) => {
        mkdirSync(join(world.folder, '.env'));
        return {};
      },
      /"\/.*\.env": the file is a folder; replace it with the file/,
    ],
    [
      'a misspelt variable',
      () => ({ MAIL_TO: '', MAILTO: 'a@b.example' }),
      /MAIL_TO is not set[\s\S]*did you mean MAIL_TO\?/,
    ],
    ['quotes that were kept', () => ({ ORGANIZATION_NAME: '"Acme"' }), /ORGANIZATION_NAME .*: remove the quotes/],
    [
      'a proxy without a scheme',
      () => ({ HTTPS_PROXY: 'proxy:3128' }),
      /HTTPS_PROXY "proxy:3128": begin with http:\/\//,
    ],
    ['an offset', () => ({ AUDIT_TIMEZONE: '+02:00' }), /AUDIT_TIMEZONE "\+02:00": use a time zone such as/],
    ['an abbreviation', () => ({ AUDIT_TIMEZONE: 'PST' }), /AUDIT_TIMEZONE "PST": use a time zone such as/],
    ['a database in memory', () => ({ DATABASE_PATH: ':memory:' }), /DATABASE_PATH ":memory:": use a file such as/],
    ['a URL of a database', () => ({ DATABASE_PATH: 'file:a.db' }), /DATABASE_PATH "file:a\.db": use a plain path/],
    ['a home folder', () => ({ DATABASE_PATH: '~/a.db' }), /DATABASE_PATH "~\/a\.db": write the path out/],
  ];
  for (const [what, env, problem] of cases) {
    test(what, async () => {
      await using world = await createWorld();
      const { code, stdout, stderr } = await world.run(['check'], { env: env(world) });
      assert.equal(code, 2, stdout + stderr);
      assert.match(stdout, problem);
      assert.doesNotMatch(stdout + stderr, /hunter2|\n +at /);
      assert.equal(world.omni.requests.length, 0);
    });
  }
});

describe('check, as a process,', { concurrency: 2 }, () => {
  test('reads a secret after a byte order mark, and advises against a yearly schedule', async () => {
    await using world = await createWorld();
    const file = write(world, 'token', `\uFEFF${apiToken}\n`);
    const env = { OMNI_API_TOKEN: '', OMNI_API_TOKEN_FILE: file, AUDIT_CRON: '0 0 1 1 *' };
    const { code, stdout } = await world.run(['check'], { env });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /AUDIT_CRON leaves up to 36[56] days without an audit/);
  });

  test('fails for an empty list and for an id that would change a path, as `audit` does', async () => {
    await using world = await createWorld();
    const dots = page([{ ...makeToken(1), id: '..' }]);
    for (const [body, reason] of [
      [page([], { totalRecords: 0 }), /the list is empty/],
      [dots, /record 1: id: expected an id/],
    ] as const) {
      inject(world.omni, { at: /api-keys$/, body });
      for (const command of ['check', 'audit']) {
        const { code, stdout } = await world.run([command], { env: { LOG_LEVEL: 'silent' } });
        assert.deepEqual([command, code], [command, 1]);
        assert.match(stdout, reason);
      }
    }
  });

  test('reports a trigger that something else has added, although an audit goes on', async () => {
    await using world = await createWatchedWorld();
    execute(world.databasePath, 'CREATE TRIGGER hush AFTER INSERT ON findings BEGIN SELECT 1; END');
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 2);
    assert.match(stdout, /✗ database: .*trigger hush is unexpected/);
    assert.equal((await world.run(['audit'])).code, 0);
  });

  test('--adopt-url adopts neither an address that is no Omni nor another organisation', async () => {
    await using world = await createWatchedWorld();
    await using stranger = await startSimulator(manyTokens(2));
    const before = readTables(world.databasePath);
    const env = { OMNI_BASE_URL: stranger.baseUrl };
    assert.match((await world.run(['check', '--adopt-url'], { env })).stdout, /not adopted: 0 of its 3 tokens/);
    inject(stranger, { status: 404 });
    const { code, stdout } = await world.run(['check', '--adopt-url'], { env });
    assert.equal(code, 1);
    assert.match(stdout, /✗ Omni: the database was not adopted/);
    assert.deepEqual(readTables(world.databasePath), before);
  });
});
