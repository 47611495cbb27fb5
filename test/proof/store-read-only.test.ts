import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { createWatchedWorld } from '../support/unattended.ts';
import type { World } from '../support/world.ts';
import { changeEverything } from './support/reports.ts';
import { assertEndedWith, assertReportsNow, complaint, runChild } from './support/run-child.ts';
import { tally } from './support/tally.ts';

const isRoot = process.getuid?.() === 0;
/** The user nobody, on every system that this runs on. */
const nobody = 65_534;
/** Root may write everywhere, so there the program runs as another user. */
const withoutRights = isRoot ? { uid: nobody } : {};
const saysWhy = /audit\.db.*(write to the folder and the files|Make the file writable|Run it as account 0)/s;

/** Creates a world whose files the program's user may read. Returns null, and skips the test, if that is not possible here. */
async function createReadable(context: TestContext): Promise<World | null> {
  const world = await createWatchedWorld();
  context.after(() => world[Symbol.asyncDispose]());
  chmodSync(world.folder, 0o755);
  for (const name of readdirSync(world.folder)) chmodSync(`${world.folder}/${name}`, 0o644);
  if ((await runChild(world, ['--version'], withoutRights)).code === 0) return world;
  context.skip('another user may not read the program here');
  return null;
}

describe('a database', { concurrency: 2 }, () => {
  const obstacles: Record<string, (world: World) => void> = {
    'that its user may only read': ({ databasePath, folder }) => {
      chmodSync(databasePath, 0o444);
      if (!isRoot) chmodSync(folder, 0o555);
    },
    'in a folder that its user may not write to': ({ databasePath, folder }) => {
      if (isRoot) chownSync(databasePath, nobody, nobody);
      rmSync(`${databasePath}.lock`);
      chmodSync(folder, 0o555);
    },
  };
  for (const [what, obstruct] of Object.entries(obstacles)) {
    test(`${what} is refused, and every change is reported once it can be written`, async (context) => {
      const world = await createReadable(context);
      if (world === null) return;
      obstruct(world);
      const before = readFileSync(world.databasePath);
      const changes = changeEverything(world);
      for (const args of [['check'], ['audit'], ['mail', '--retry'], ['start']]) {
        world.omni.requests.length = 0;
        const outcome = await runChild(world, args, withoutRights);
        tally.faults += 1;
        assertEndedWith(outcome, 2);
        assert.match(complaint(outcome), saysWhy);
      }
      assert.ok(readFileSync(world.databasePath).equals(before));
      assert.deepEqual([world.omni.requests.length, world.inbox.mails.length], [0, 0]);

      chmodSync(world.folder, 0o755);
      for (const name of readdirSync(world.folder)) {
        chmodSync(`${world.folder}/${name}`, 0o600);
        if (isRoot) chownSync(`${world.folder}/${name}`, 0, 0);
      }
      await assertReportsNow(world, changes);
    });
  }

  test('that its user may not write is read without leaving a file, and one that its user may not read is refused', async (context) => {
    const world = await createReadable(context);
    if (world === null) return;
    if (isRoot) chmodSync(world.folder, 0o777);
    const files = readdirSync(world.folder).sort();
    for (const args of [['tokens', '--format', 'json'], ['status'], ['healthcheck']]) {
      tally.faults += 1;
      assertEndedWith(await runChild(world, args, withoutRights), 0);
      assert.deepEqual(readdirSync(world.folder).sort(), files);
    }
    chmodSync(world.databasePath, isRoot ? 0o600 : 0o000);
    const outcome = await runChild(world, ['runs'], withoutRights);
    tally.faults += 1;
    assertEndedWith(outcome, 2);
    assert.match(complaint(outcome), /audit\.db (belongs to account 0|cannot be written)/);
    assert.deepEqual(readdirSync(world.folder).sort(), files);
  });
});
