import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execute } from '../support/database-rows.ts';

import { createWorld, type World } from '../support/world.ts';
import { assertEndedWith, complaint, runChild } from './support/run-child.ts';
import { tally } from './support/tally.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Runs a command that only root may run, and returns how to undo it; null if it is not possible here. */
type Obstacle = (world: World) => { undo?: () => void; fileBlocks?: number } | null;

function withAttribute(attribute: string, file: string): ReturnType<Obstacle> {
  if (spawnSync('chattr', [`+${attribute}`, file]).status !== 0) return null;
  return { undo: () => void spawnSync('chattr', [`-${attribute}`, file]) };
}

function withMode(file: string, mode: number): ReturnType<Obstacle> {
  const before = statSync(file).mode;
  chmodSync(file, mode);
  return { undo: () => chmodSync(file, before) };
}

/** What keeps an audit from using the database. The first audit of each has left a database and a lock file. */
const obstacles: Record<string, Obstacle> = {
  'a database that is read-only': ({ databasePath }) => withMode(databasePath, 0o400),
  'a lock file that is read-only': ({ databasePath }) => withMode(`${databasePath}.lock`, 0o400),
  'a folder that is read-only': ({ folder }) => withMode(folder, 0o500),
  'a folder that cannot be entered': ({ folder }) => withMode(folder, 0o600),
  'an immutable database': ({ databasePath }) => withAttribute('i', databasePath),
  'a database to which can only be appended': ({ databasePath }) => withAttribute('a', databasePath),
  'an immutable folder': ({ folder }) => withAttribute('i', folder),
  'an immutable lock file': ({ databasePath }) => withAttribute('i', `${databasePath}.lock`),
  'a limit of nothing on the size of files': () => ({ fileBlocks: 0 }),
  'a limit of a few blocks on the size of files': () => ({ fileBlocks: 8 }),
  'a lock file that is no database': ({ databasePath }) => {
    writeFileSync(`${databasePath}.lock`, 'Dear diary, '.repeat(500));
    return {};
  },
  'a lock file that is a folder': ({ databasePath }) => {
    rmSync(`${databasePath}.lock`);
    mkdirSync(`${databasePath}.lock`);
    return {};
  },
  'a database without an index': ({ databasePath }) => {
    execute(databasePath, 'DROP INDEX findings_by_run');
    return {};
  },
  'a full volume': ({ folder, databasePath }) => {
    const copies = readdirSync(folder).map((name) => [join(folder, name), join(folder, '..', `${name}.copy`)]);
    for (const [from = '', to = ''] of copies) spawnSync('cp', ['-a', from, to]);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', folder]).status !== 0) return null;
    for (const [from = '', to = ''] of copies) spawnSync('mv', [to, from]);
    chownSync(folder, nobody, nobody);
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(`${databasePath}.filler`, Buffer.alloc(bavail * bsize, 1));
    return { undo: () => void spawnSync('umount', ['--lazy', folder]) };
  },
};

describe('check and audit refuse', {
  concurrency: 2,
  skip: isRoot ? false : 'only root can make these obstacles',
}, () => {
  for (const [what, obstruct] of Object.entries(obstacles)) {
    test(what, async (context) => {
      await using outer = await createWorld();
      const folder = join(outer.folder, 'data');
      const world = { ...outer, folder, databasePath: join(folder, 'audit.db') };
      const env = { DATABASE_PATH: world.databasePath };
      chmodSync(outer.folder, 0o755);
      mkdirSync(folder);
      chownSync(folder, nobody, nobody);
      const first = await runChild(outer, ['audit'], { uid: nobody, env });
      if (first.code !== 0) return context.skip('another account may not read the program here');
      const obstacle = obstruct(world);
      if (obstacle === null) return context.skip('this system has no such obstacle');
      const { undo, ...options } = obstacle;
      try {
        for (const args of [['check'], ['audit']]) {
          const outcome = await runChild(outer, args, { uid: nobody, env, ...options });
          tally.faults += 1;
          assertEndedWith(outcome, 2);
          assert.match(complaint(outcome), /audit\.db/);
        }
      } finally {
        undo?.();
      }
    });
  }
});
