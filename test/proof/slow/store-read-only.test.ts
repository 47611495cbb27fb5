import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { createWatchedWorld } from '../../support/unattended.ts';
import type { World } from '../../support/world.ts';
import { assertInGoodOrder, complaint, runChild } from '../support/store-child.ts';
import { assertSound, changeEverything, newsIn } from '../support/store-ledger.ts';
import { tally } from '../support/tally.ts';

const isRoot = process.getuid?.() === 0;
/** nobody, on every system that this runs on. */
const nobody = 65_534;

/** Root may write everywhere: there the program runs as another user. */
function withoutRights(): { uid?: number } {
  return isRoot ? { uid: nobody } : {};
}

/** A world whose folder the user of the program may enter, and whose files that user may read. */
async function createReadable(context: TestContext): Promise<World | null> {
  const world = await createWatchedWorld();
  context.after(() => world[Symbol.asyncDispose]());
  chmodSync(world.folder, 0o755);
  for (const name of readdirSync(world.folder)) chmodSync(`${world.folder}/${name}`, 0o644);
  if ((await runChild(world, ['--version'], withoutRights())).code === 0) return world;
  context.skip('another user may not read the program here');
  return null;
}

async function assertRefused(world: World): Promise<void> {
  const before = readFileSync(world.databasePath);
  const news = changeEverything(world);
  world.omni.requests.length = 0;
  for (const args of [['audit'], ['mail', '--retry'], ['start']]) {
    const outcome = await runChild(world, args, withoutRights());
    tally.faults += 1;
    assertInGoodOrder(outcome, [2]);
    assert.match(complaint(outcome) + outcome.stdout, /audit\.db.*that this user may write to/s);
  }
  assert.ok(readFileSync(world.databasePath).equals(before));
  assert.deepEqual([world.omni.requests.length, world.inbox.mails.length], [0, 0]);
  restore(world);
  assertInGoodOrder(await runChild(world, ['audit']), [0]);
  tally.audits += 1;
  assert.deepEqual(await newsIn(world.inbox.mails), news);
  assertSound(world);
}

function restore({ folder }: World): void {
  chmodSync(folder, 0o755);
  for (const name of readdirSync(folder)) {
    chmodSync(`${folder}/${name}`, 0o600);
    if (isRoot) chownSync(`${folder}/${name}`, 0, 0);
  }
}

describe('a database', { concurrency: 2 }, () => {
  test('that its user may only read is refused, and everything is told once it may be written', async (context) => {
    const world = await createReadable(context);
    if (world === null) return;
    chmodSync(world.databasePath, 0o444);
    if (!isRoot) chmodSync(world.folder, 0o555);
    await assertRefused(world);
  });

  test('that its user may not even read is refused', async (context) => {
    const world = await createReadable(context);
    if (world === null) return;
    chmodSync(world.databasePath, isRoot ? 0o600 : 0o000);
    const before = existsSync(`${world.databasePath}-wal`);
    const outcome = await runChild(world, ['runs'], withoutRights());
    tally.faults += 1;
    assertInGoodOrder(outcome, [2]);
    assert.match(complaint(outcome), /audit\.db cannot be used/);
    assert.equal(existsSync(`${world.databasePath}-wal`), before);
  });

  test('in a folder that its user may not write to is refused, with a lock file and without', async (context) => {
    const world = await createReadable(context);
    if (world === null) return;
    rmSync(`${world.databasePath}.lock`);
    if (isRoot) chownSync(world.databasePath, nobody, nobody);
    else chmodSync(world.folder, 0o555);
    await assertRefused(world);
  });

  test('that its user may only read is looked at, or refused in plain words', async (context) => {
    const world = await createReadable(context);
    if (world === null) return;
    const before = readdirSync(world.folder).sort();
    for (const args of [['tokens', '--format', 'json'], ['status'], ['healthcheck']]) {
      const outcome = await runChild(world, args, withoutRights());
      tally.faults += 1;
      assertInGoodOrder(outcome, [0, 1, 2]);
      if (outcome.code !== 0) assert.match(complaint(outcome), /audit\.db/);
    }
    assert.deepEqual(readdirSync(world.folder).sort(), before);
  });
});
