import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readColumn } from '../../support/database-rows.ts';
import { closedPort } from '../../support/listen.ts';
import { createUnattended, createWatchedWorld } from '../../support/unattended.ts';
import { type Outcome, parseMail, type World } from '../../support/world.ts';
import { assertInGoodOrder, complaint, runChild } from '../support/store-child.ts';
import { addTokens, assertSound, newsIn, newsInJournal } from '../support/store-ledger.ts';
import { isFull, tally } from '../support/tally.ts';

type Phase = 'open' | 'staging' | 'transaction' | 'checkpoint' | 'none';
const auditLine = ['audit', '--format', 'json'];
const sentCount = "SELECT count(*) FROM deliveries WHERE status = 'sent'";
const saysWhy = /disk|volume|room|full/i;

/** Audits under each limit, and answers where each one met it. */
async function sweep(world: World, limits: readonly number[]): Promise<Set<Phase>> {
  const phases = new Set<Phase>();
  for (const fileBlocks of limits) {
    world.omni.requests.length = 0;
    const outcome = await runChild(world, auditLine, { fileBlocks, env: { LOG_LEVEL: 'error' } });
    tally.faults += 1;
    const phase = phaseOf(world, outcome);
    phases.add(phase);
    assertInGoodOrder(outcome, [0, 1, 2]);
    const isDone = outcome.code === 0;
    if (!isDone) assertSaysDisk(world, outcome);
    assertSound(world, world.databasePath, isDone);
    if (isDone) break;
    assert.deepEqual(await newsIn(world.inbox.mails), [], `${fileBlocks} blocks`);
  }
  return phases;
}

function assertSaysDisk({ folder }: World, outcome: Outcome): void {
  const said = complaint(outcome).replaceAll(folder, 'FOLDER');
  assert.match(said, /FOLDER.audit\.db/);
  // The words of SQLite for it are no hint.
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

async function assertToldOnce(world: World, news: readonly string[]): Promise<void> {
  const outcome = await runChild(world, auditLine, { env: { LOG_LEVEL: 'error' } });
  tally.audits += 1;
  assertInGoodOrder(outcome, [0]);
  assert.deepEqual(await newsIn(world.inbox.mails), news);
  assertSound(world);
}

describe('a disk that is full', { concurrency: 2 }, () => {
  test('while a long list of tokens is staged loses nothing', async () => {
    await using world = await createWatchedWorld();
    const news = addTokens(world, 1100, 16_000);
    const phases = await sweep(world, isFull ? [70, 300, 1000, 3000, 10_000, 30_000, 60_000] : [1000, 30_000]);
    assert.ok(phases.has('staging'), [...phases].join());
    assertInGoodOrder(await runChild(world, auditLine, { env: { LOG_LEVEL: 'error' } }), [0]);
    tally.audits += 1;
    assert.deepEqual(newsInJournal(world.databasePath), news);
    const [mail, ...others] = world.inbox.mails;
    assert.deepEqual(others, []);
    assert.match((await parseMail(mail)).subject ?? '', /1,?100/);
    assertSound(world);
  });

  test('when the database is opened, in the transaction or at the checkpoint loses nothing', async () => {
    const { world, audit } = await createUnattended();
    await using _world = world;
    await audit();
    // Told already: it makes the database larger than the log of the next audit.
    addTokens(world, 700, 2000);
    await audit();
    world.inbox.mails.length = 0;
    const news = addTokens(world, 40, 2000);
    const fine = Array.from({ length: 24 }, (_, index) => Math.round(8 * 1.33 ** index));
    const phases = await sweep(world, isFull ? fine : [1, 32, 400, 3000, 5000]);
    for (const phase of ['open', 'transaction', 'checkpoint'] as const)
      assert.ok(phases.has(phase), [...phases].join());
    await assertToldOnce(world, news);
  });

  test('when the outcome of a mail is written sends that mail again, as it was, and loses no other', async () => {
    const readers = Array.from({ length: 8 }, (_, index) => `reader${index}@acme.example`);
    const { world, audit, auditAfter } = await createUnattended({ env: { MAIL_TO: readers.join(', ') } });
    await using _world = world;
    const port = world.env.SMTP_PORT;
    world.env.SMTP_PORT = String(await closedPort());
    await audit();
    world.env.SMTP_PORT = port;
    const steps: string[] = [];
    let met = 0;
    // The least that the program starts with, and then a page of the log more each time.
    for (let fileBlocks = 72; fileBlocks < 200 && new Set(steps).size < 2; fileBlocks += 8) {
      const outcome = await runChild(world, ['mail', '--retry'], { fileBlocks });
      tally.faults += 1;
      const unwritten = world.inbox.mails.length - Number(readColumn(world.databasePath, sentCount)[0]);
      steps.push(unwritten > met ? 'outcome' : 'claim');
      met = unwritten;
      assertInGoodOrder(outcome, [1, 2, 3]);
      assertSaysDisk(world, outcome);
      assertSound(world);
    }
    assert.deepEqual([...new Set(steps)].sort(), ['claim', 'outcome']);
    await auditAfter(10);
    tally.audits += 2;
    const byReader = Map.groupBy(world.inbox.mails, ({ to }) => to.join());
    assert.deepEqual([...byReader.keys()].sort(), readers);
    const repeated = [...byReader.values()].filter((copies) => copies.length > 1);
    assert.equal(world.inbox.mails.length, readers.length + met);
    for (const copies of repeated) assert.equal(new Set(copies.map(({ raw }) => raw)).size, 1);
    const ids = await Promise.all(world.inbox.mails.map(async (mail) => (await parseMail(mail)).messageId));
    assert.equal(new Set(ids).size, 1);
    tally.repeatedMails += met;
    assert.deepEqual(readColumn(world.databasePath, "SELECT id FROM deliveries WHERE status <> 'sent'"), []);
  });

  test('where a backup is written leaves no half of it', async () => {
    await using world = await createWatchedWorld();
    const file = join(world.folder, 'backup.db');
    const outcome = await runChild(world, ['backup', file], { fileBlocks: 128 });
    tally.faults += 1;
    assertInGoodOrder(outcome, [1, 2]);
    assert.match(complaint(outcome), /backup\.db/);
    assert.match(complaint(outcome).replaceAll('disk I/O error', ''), saysWhy);
    assert.ok(!existsSync(file));
    assertSound(world);
  });
});
