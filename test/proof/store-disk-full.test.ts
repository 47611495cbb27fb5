import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readColumn } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { createUnattended, createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type Outcome, parseMail, type World } from '../support/world.ts';
import { manyTokens } from '../support/world-tokens.ts';
import { addTokens, assertSound, reportedIn } from './support/reports.ts';
import { assertEndedWith, assertReportsNow, complaint, runChild } from './support/run-child.ts';
import { isFull, tally } from './support/tally.ts';

type Phase = 'open' | 'staging' | 'transaction' | 'checkpoint' | 'none';
const auditLine = ['audit', '--format', 'json'];
const quiet = { LOG_LEVEL: 'error' };
const sentCount = "SELECT count(*) FROM deliveries WHERE status = 'sent'";
const saysWhy = /disk|space|full/i;

/** Audits within each limit, by default one on the size of files. Returns what the audits were doing when they reached it. */
async function sweep(
  world: World,
  limits: readonly number[],
  auditWithin = (fileBlocks: number) => runChild(world, auditLine, { fileBlocks, env: quiet }),
): Promise<Set<Phase>> {
  const phases = new Set<Phase>();
  for (const limit of limits) {
    world.omni.requests.length = 0;
    const outcome = await auditWithin(limit);
    tally.faults += 1;
    phases.add(phaseOf(world, outcome));
    assertEndedWith(outcome, 0, 1, 2);
    const isDone = outcome.code === 0;
    if (!isDone) assertSaysDisk(world, outcome);
    assertSound(world, isDone);
    if (isDone) break;
    assert.deepEqual(await reportedIn(world.inbox.mails), [], `limit ${limit}`);
  }
  return phases;
}

function assertSaysDisk({ folder }: World, outcome: Outcome): void {
  const said = complaint(outcome).replaceAll(folder, 'FOLDER');
  assert.match(said, /FOLDER.*audit\.db/);
  // SQLite's own message does not count as a hint.
  assert.match(said.replaceAll(/disk I\/O error|database or disk is full/g, ''), saysWhy);
}

function phaseOf({ databasePath, omni }: World, { code, stdout }: Outcome): Phase {
  if (code === 2 || omni.requests.length === 0) return 'open';
  if (code === 0) return existsSync(`${databasePath}-wal`) ? 'checkpoint' : 'none';
  const pages = Math.ceil(omni.organisation.tokens.length / 100);
  const { pageCount } = JSON.parse(stdout);
  const hasAskedAll = omni.requests.some(({ path }) => path.includes('/scim/'));
  return pageCount < pages || !hasAskedAll ? 'staging' : 'transaction';
}

describe('a full disk', { concurrency: 2 }, () => {
  test('loses nothing when a long list of tokens is staged', async () => {
    await using world = await createWatchedWorld();
    const changes = addTokens(world, 1100, 16_000);
    const phases = await sweep(world, isFull ? [70, 300, 1000, 3000, 10_000, 30_000, 60_000] : [1000, 30_000]);
    assert.ok(phases.has('staging'), [...phases].join());
    assertEndedWith(await runChild(world, auditLine, { env: quiet }), 0);
    tally.audits += 1;
    // The mail has no room for all of them, so read the journal.
    const inJournal = "SELECT kind || ' ' || transition || ' ' || subject FROM findings ORDER BY 1";
    assert.deepEqual(readColumn(world.databasePath, inJournal), changes);
    const [mail, ...others] = world.inbox.mails;
    assert.deepEqual(others, []);
    assert.match((await parseMail(mail)).subject ?? '', /1,?100/);
    assertSound(world);
  });

  test('loses nothing when the database is opened, in the transaction or at the checkpoint', async () => {
    const { world, audit } = await createUnattended();
    await using _world = world;
    await audit();
    // Makes the database larger than the write-ahead log of the next audit.
    addTokens(world, 700, 2000);
    await audit();
    world.inbox.mails.length = 0;
    const changes = addTokens(world, 40, 2000);
    const fine = Array.from({ length: 24 }, (_, index) => Math.round(8 * 1.33 ** index));
    const phases = [...(await sweep(world, isFull ? fine : [1, 32, 400, 3000, 5000]))];
    for (const phase of ['open', 'transaction', 'checkpoint'] as const)
      assert.ok(phases.includes(phase), phases.join());
    await assertReportsNow(world, changes);
  });

  test('repeats a mail unchanged when the outcome of its delivery cannot be written, and loses no other', async () => {
    const recipients = Array.from({ length: 8 }, (_, index) => `reader${index}@acme.example`);
    const { world, audit, auditAfter } = await createUnattended({ env: { MAIL_TO: recipients.join(', ') } });
    await using _world = world;
    const { SMTP_PORT } = world.env;
    world.env.SMTP_PORT = String(await closedPort());
    await audit();
    world.env.SMTP_PORT = SMTP_PORT;
    const steps = new Set<string>();
    let unwrittenBefore = 0;
    // Begins with the smallest limit with which the program starts. Each step has room for one more page of the log.
    for (let fileBlocks = 72; fileBlocks < 200 && steps.size < 2; fileBlocks += 8) {
      const outcome = await runChild(world, ['mail', '--retry'], { fileBlocks });
      tally.faults += 1;
      const unwritten = world.inbox.mails.length - Number(readColumn(world.databasePath, sentCount)[0]);
      steps.add(unwritten > unwrittenBefore ? 'outcome' : 'claim');
      unwrittenBefore = unwritten;
      assertEndedWith(outcome, 1, 2, 3);
      assertSaysDisk(world, outcome);
      assertSound(world);
    }
    assert.deepEqual([...steps].sort(), ['claim', 'outcome']);
    await auditAfter(10);
    tally.audits += 2;
    const { mails } = world.inbox;
    assert.deepEqual([...new Set(mails.map(({ to }) => to.join()))].sort(), recipients);
    assert.equal(mails.length, recipients.length + unwrittenBefore);
    for (const copies of Map.groupBy(mails, ({ to }) => to.join()).values()) {
      assert.equal(new Set(copies.map(({ raw }) => raw)).size, 1);
    }
    const ids = await Promise.all(mails.map(async (mail) => (await parseMail(mail)).messageId));
    assert.equal(new Set(ids).size, 1);
    tally.repeatedMails += unwrittenBefore;
    assert.deepEqual(readColumn(world.databasePath, "SELECT id FROM deliveries WHERE status <> 'sent'"), []);
  });

  test('leaves no incomplete backup behind', async () => {
    await using world = await createWatchedWorld();
    const file = join(world.folder, 'backup.db');
    const outcome = await runChild(world, ['backup', file], { fileBlocks: 128 });
    tally.faults += 1;
    assertEndedWith(outcome, 1, 2);
    assert.match(complaint(outcome), /backup\.db/);
    assert.match(complaint(outcome).replaceAll('disk I/O error', ''), saysWhy);
    assert.ok(!existsSync(file));
    assertSound(world);
  });
});

test('an audit fails if its volume is full or read-only, and once there is room, every change is reported once', async (context) => {
  await using world = await createWorld({ tokens: manyTokens(6) });
  const volume = join(world.folder, 'volume');
  mkdirSync(volume);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', volume]);
  if (mounted.status !== 0) return context.skip('only root may mount a volume, and not on every system');
  using _mounted = { [Symbol.dispose]: () => spawnSync('umount', ['--lazy', volume]) };
  world.env.DATABASE_PATH = join(volume, 'audit.db');
  assertEndedWith(await runChild(world, ['audit']), 0);
  world.inbox.mails.length = 0;

  const changes = addTokens(world, 300, 2000);
  const room = isFull ? Array.from({ length: 30 }, (_, index) => index * 64) : [0, 40, 400, 1500];
  const phases = await sweep(world, room, async (kilobytes) => {
    const filler = join(volume, 'filler');
    const { bavail, bsize } = statfsSync(volume);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - kilobytes * 1024), 1));
    const outcome = await runChild(world, auditLine, { env: quiet });
    rmSync(filler);
    return outcome;
  });
  assert.ok(phases.has('open') || phases.has('transaction'), [...phases].join());
  await assertReportsNow(world, changes);

  spawnSync('mount', ['-o', 'remount,ro', volume]);
  for (const args of [['audit'], ['mail', '--retry'], ['start']]) {
    const outcome = await runChild(world, args);
    tally.faults += 1;
    assertEndedWith(outcome, 2);
    assert.match(complaint(outcome), /audit\.db.*(can write|cannot be written|read-only)/s);
  }
});
