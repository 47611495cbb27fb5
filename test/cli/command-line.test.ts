import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../../src/cli/registry.ts';
import { version } from '../../src/version.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type World } from '../support/world.ts';

/** Commands that only look at the database. */
const lookCommands = ['runs', 'tokens', 'findings', 'mail', 'preview'];

describe('the command line', { concurrency: 2 }, () => {
  let world: World;
  /** No variable of ours is set. */
  const bare = Object.fromEntries(
    ['OMNI_BASE_URL', 'OMNI_API_TOKEN', 'ORGANIZATION_NAME', 'DATABASE_PATH', 'SMTP_HOST', 'SMTP_PORT']
      .concat('SMTP_SECURITY', 'MAIL_FROM', 'MAIL_TO')
      .map((name) => [name, undefined]),
  );
  before(async () => {
    world = await createWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  for (const args of [['--help'], ['help']]) {
    test(`lists every command for ${args.join(' ')}, without any configuration`, async () => {
      const { code, stdout, stderr } = await world.run(args, { env: bare });
      assert.deepEqual([code, stderr], [0, '']);
      for (const name of Object.keys(commands)) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
      assert.match(stdout, /Exit codes: 0 done, 1 failed, 2 usage/);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line);
    });
  }

  for (const [name, { usage = '', options = {} }] of Object.entries(commands)) {
    test(`tells every option of ${name} for ${name} --help`, async () => {
      const { code, stdout, stderr } = await world.run([name, '--help'], { env: bare });
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^Usage: omni-token-audit ${name}`));
      for (const [option] of `${usage} ${Object.keys(options)}`.matchAll(/--[\w-]+/g)) {
        assert.match(stdout, new RegExp(`^ {2}${option}\\b`, 'm'), option);
      }
    });
  }

  test('tells its version', async () => {
    assert.equal((await world.run(['--version'], { env: bare })).stdout, `${version}\n`);
  });

  const mistakes: [string[], RegExp][] = [
    [[], /no command was given\n {2}Run `omni-token-audit --help` for the list of commands/],
    [['oddit'], /unknown command "oddit"\n {2}Run `omni-token-audit --help` for the list of commands/],
    [['constructor'], /unknown command "constructor"/],
    [['audit', '--dry'], /Unknown option '--dry'/],
    [['audit', 'now'], /unexpected argument "now"/],
    [['audit', '--fail-on', 'grave'], /--fail-on "grave": give one of critical, high, medium, low, info/],
    [['audit', '--mail-patience', '-1'], /--mail-patience/],
    [['audit', '--mail-patience', 'long'], /--mail-patience "long": give a whole number from 0 on/],
    [['audit', '--format', 'csv'], /--format "csv": give one of table, json/],
    [['tokens', '--format', 'xml'], /--format "xml": give one of table, json, csv/],
    [['findings', '--run', '0'], /--run "0": give a whole number from 1 on/],
    [['preview', '--sample', '--run', '1'], /--sample and --run exclude each other/],
    [['preview', '--run', '1', '--sample', '--html', 'a.html'], /--sample and --run exclude each other/],
    [['mail', '--discard', '1'], /--reason is missing/],
    [['mail', '--discard', '1', '--reason', ' '], /--reason is missing/],
    [['mail', '--reason', 'because'], /--reason belongs to --discard/],
    [['mail', '--retry', '--discard', '1', '--reason', 'x'], /--retry and --discard exclude each other/],
  ];
  for (const [args, message] of mistakes) {
    test(`refuses "${args.join(' ')}" in words`, async () => {
      const { code, stdout, stderr } = await world.run(args);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, /^omni-token-audit: /);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.equal(existsSync(world.databasePath), false);
    });
  }

  for (const command of lookCommands) {
    test(`says for ${command} that there is no database, and makes none`, async () => {
      const { code, stdout, stderr } = await world.run([command], { env: bare });
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /there is no database at .*audit\.db\n {2}Run an audit first, or point DATABASE_PATH to/);
      assert.deepEqual(readdirSync(world.folder), []);
    });
  }
});

test('a command that only looks needs DATABASE_PATH alone', async () => {
  await using world = await createWatchedWorld();
  const names = Object.keys(world.env).filter((name) => name !== 'PATH' && name !== 'DATABASE_PATH');
  const env = Object.fromEntries(names.map((name) => [name, undefined]));
  const outcomes = await Promise.all(lookCommands.map((command) => world.run([command], { env })));
  for (const { code, stdout, stderr } of outcomes) {
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.length > 0);
  }
  assert.equal(world.omni.requests.length, 0);
});

describe('a Node', () => {
  const module = new URL('../../src/supported-node.mjs', import.meta.url);
  const requireNode = (running: string) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { requireSupportedNode } from ${JSON.stringify(module.href)};
         requireSupportedNode(${JSON.stringify(running)});
         console.log('goes on');`,
      ],
      { encoding: 'utf8', env: { PATH: process.env.PATH } },
    );

  for (const running of ['18.0.0', '20.19.0', '24.11.1']) {
    test(`such as ${running} is too old, which one sentence says`, () => {
      const { status, stdout, stderr } = requireNode(running);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(
        stderr,
        new RegExp(`^omni-token-audit needs Node 24\\.12\\.0 or newer, and this is Node ${running}: .*\\.\n$`),
      );
    });
  }

  for (const running of ['24.12.0', '24.21.0', '25.0.0', '26.1.0']) {
    test(`such as ${running} will do`, () => {
      const { status, stdout, stderr } = requireNode(running);
      assert.deepEqual([status, stdout, stderr], [0, 'goes on\n', '']);
    });
  }

  test('runs by the executable at the root, from any folder, and passes its exit code on', (context) => {
    const executable = fileURLToPath(new URL('../../omni-token-audit', import.meta.url));
    const ask = (...args: string[]) => spawnSync(executable, args, { cwd: tempFolder(context), encoding: 'utf8' });
    assert.equal(ask('--version').stdout, `${version}\n`);
    assert.equal(ask('no-such-command').status, 2);
  });

  test('may also be given main.ts directly', () => {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [0, `${version}\n`]);
  });
});
