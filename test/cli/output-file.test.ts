import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { ask } from '../support/ask.ts';
import { newDatabase, tempFolder } from '../support/temp-folder.ts';

interface Place {
  folder: string;
  databasePath: string;
}

const preview = (path: string): string[] => ['preview', '--sample', '--html', path];
const commands: Record<string, (path: string) => string[]> = {
  preview,
  'preview --force': (path) => [...preview(path), '--force'],
  backup: (path) => ['backup', path],
};

/** What no command may write to. Each returns the path. */
const places: Record<string, [makePath: (place: Place) => string, message: RegExp]> = {
  'the database': [({ databasePath }) => databasePath, /belongs to the database/],
  'another name of the database': [
    ({ folder, databasePath }) => {
      linkSync(databasePath, join(folder, 'name.db'));
      return join(folder, 'name.db');
    },
    /belongs to the database/,
  ],
  'its write-ahead log, which does not exist yet': [
    ({ databasePath }) => `${databasePath}-wal`,
    /belongs to the database/,
  ],
  'its lock': [({ databasePath }) => `${databasePath}.lock`, /belongs to the database/],
  'its folder': [({ folder }) => join(folder, 'data'), /is a folder/],
  'a link to nowhere': [
    ({ folder }) => {
      symlinkSync(join(folder, 'victim'), join(folder, 'link'));
      return join(folder, 'link');
    },
    /is a symbolic link/,
  ],
  'a link to a file': [
    ({ folder }) => {
      writeFileSync(join(folder, 'victim'), 'precious');
      symlinkSync(join(folder, 'victim'), join(folder, 'link'));
      return join(folder, 'link');
    },
    /is a symbolic link/,
  ],
  'a named pipe': [
    ({ folder }) => {
      spawnSync('mkfifo', [join(folder, 'pipe')]);
      return join(folder, 'pipe');
    },
    /is a named pipe/,
  ],
  'a device': [() => '/dev/null', /is a device/],
  'a file in no folder': [
    ({ folder }) => join(folder, 'no', 'file'),
    /cannot be written: .*ENOENT.*\n {2}Choose a new file/,
  ],
  'a file without a name': [() => '', /the file name is empty/],
};

function somePlace(context: TestContext): Place {
  const folder = tempFolder(context);
  mkdirSync(join(folder, 'data'));
  const databasePath = newDatabase(context, join(folder, 'data'));
  return { folder, databasePath };
}

/** Returns all files and folders below a folder, with their content. */
function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => lstatSync(join(folder, name)).isFile());
  return Object.fromEntries(
    names.map((name) => [name, files.includes(name) ? readFileSync(join(folder, name), 'base64') : 'no file']),
  );
}

describe('no command writes to', () => {
  for (const [what, [makePath, message]] of Object.entries(places)) {
    test(what, async (context) => {
      const place = somePlace(context);
      const path = makePath(place);
      const before = contentOf(place.folder);
      for (const line of Object.values(commands)) {
        const { code, stderr } = await ask({ env: { DATABASE_PATH: place.databasePath } }, line(path));
        assert.equal(code, 2, line(path).join(' '));
        assert.match(stderr, message);
      }
      assert.deepEqual(contentOf(place.folder), before);
    });
  }
});

test('a file that exists is refused, and replaced by preview --force, which leaves its other names as they are', async (context) => {
  const { folder, databasePath } = somePlace(context);
  const path = join(folder, 'mail.html');
  writeFileSync(path, 'before', { mode: 0o666 });
  linkSync(path, join(folder, 'other name'));
  const world = { env: { DATABASE_PATH: databasePath } };
  const refused = await ask(world, preview(path));
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /mail\.html" already exists: use a new file name, or add --force/);
  assert.match((await ask(world, ['backup', path])).stderr, /mail\.html" already exists: use a new file name\n/);
  assert.equal(readFileSync(path, 'utf8'), 'before');

  writeFileSync(`${path}.omni-token-audit-draft`, 'left by a killed command');
  assert.equal((await ask(world, [...preview(path), '--force'])).code, 0);
  assert.match(readFileSync(path, 'utf8'), /<html/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(folder, 'other name'), 'utf8'), 'before');
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'mail.html', 'other name']);
});
