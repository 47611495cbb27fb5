import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createUnattended, type Unattended } from '../../support/unattended.ts';
import type { Outcome, World } from '../../support/world.ts';
import { manyTokens } from '../../support/world-tokens.ts';
import { assertInGoodOrder, complaint, runChild } from '../support/store-child.ts';
import { addTokens, assertSound, newsIn } from '../support/store-ledger.ts';
import { isFull, tally } from '../support/tally.ts';

/** A volume of its own; null, and the test is skipped, where this user may not mount one. */
async function createOnVolume(
  context: TestContext,
  megabytes: number,
): Promise<(Unattended & { volume: string }) | null> {
  const unattended = await createUnattended({ tokens: manyTokens(6) });
  const { world } = unattended;
  const volume = join(world.folder, 'volume');
  mkdirSync(volume);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', volume]);
  context.after(async () => {
    if (mounted.status === 0) spawnSync('umount', ['--lazy', volume]);
    await world[Symbol.asyncDispose]();
  });
  if (mounted.status !== 0) {
    context.skip('mounting a volume takes root, and a system that lets it');
    return null;
  }
  world.env.DATABASE_PATH = join(volume, 'audit.db');
  await unattended.audit();
  world.inbox.mails.length = 0;
  return { ...unattended, volume };
}

/** An audit while the volume has so much room. */
async function auditWith(world: World, volume: string, leftBytes: number): Promise<Outcome> {
  const filler = join(volume, 'filler');
  const { bavail, bsize } = statfsSync(volume);
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes), 1));
  try {
    return await runChild(world, ['audit', '--format', 'json'], { env: { LOG_LEVEL: 'error' } });
  } finally {
    rmSync(filler);
  }
}

describe('a volume', () => {
  test('that is full fails the audit in good order, and with room again everything is told once', async (context) => {
    const bench = await createOnVolume(context, 16);
    if (bench === null) return;
    const { world, volume } = bench;
    const path = join(volume, 'audit.db');
    const news = addTokens(world, 300, 2000);
    const codes = new Set<number | null>();
    const room = isFull ? Array.from({ length: 30 }, (_, index) => index * 64) : [0, 40, 400, 1500];
    for (const kilobytes of room) {
      const outcome = await auditWith(world, volume, kilobytes * 1024);
      tally.faults += 1;
      codes.add(outcome.code);
      assertInGoodOrder(outcome, [0, 1, 2, 3]);
      const isDone = outcome.code === 0 || outcome.code === 3;
      assertSound(world, path, isDone);
      if (isDone) continue;
      assert.match(complaint(outcome), /audit\.db.*(free some space|disk is full: )/s);
      assert.deepEqual(await newsIn(world.inbox.mails), []);
    }
    assert.ok(codes.has(1) || codes.has(2));
    assertInGoodOrder(await runChild(world, ['audit']), [0]);
    tally.audits += 1;
    assert.deepEqual(await newsIn(world.inbox.mails), news);
    assertSound(world, path);
  });

  test('that can only be read is refused, and nothing on it is changed', async (context) => {
    const bench = await createOnVolume(context, 4);
    if (bench === null) return;
    const { world, volume } = bench;
    spawnSync('mount', ['-o', 'remount,ro', volume]);
    for (const args of [['audit'], ['mail', '--retry'], ['start']]) {
      const outcome = await runChild(world, args);
      tally.faults += 1;
      assertInGoodOrder(outcome, [2]);
      assert.match(complaint(outcome) + outcome.stdout, /audit\.db.*(may write|cannot be written|read-only)/s);
    }
    const look = await runChild(world, ['tokens', '--format', 'json']);
    assertInGoodOrder(look, [0, 2]);
    if (look.code === 0) assert.equal(JSON.parse(look.stdout).length, world.tokens.length);
    assert.deepEqual(world.inbox.mails, []);
  });
});
