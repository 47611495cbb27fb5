import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { InboxMail } from '../../../src/demo/inbox.ts';
import { closedPort } from '../../support/listen.ts';
import { createWatchedWorld } from '../../support/unattended.ts';
import { parseMail, type World } from '../../support/world.ts';
import { manyTokens } from '../../support/world-tokens.ts';
import { assertInGoodOrder, runChild } from '../support/store-child.ts';
import { assertSound, changeEverything, newsIn } from '../support/store-ledger.ts';
import { tally } from '../support/tally.ts';

async function auditAlone(world: World, code = 0, env = {}): Promise<InboxMail[]> {
  const already = world.inbox.mails.length;
  assertInGoodOrder(await runChild(world, ['audit'], { env }), [code]);
  tally.audits += 1;
  return world.inbox.mails.slice(already);
}

function putBack({ databasePath }: World, backup: string): void {
  remove(databasePath);
  copyFileSync(backup, databasePath);
  tally.faults += 1;
}

function remove(databasePath: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(databasePath + end, { force: true });
}

async function idOf(mail: InboxMail | undefined): Promise<string> {
  return (await parseMail(mail)).messageId ?? '';
}

/** Fails where two different mails have the same Message-ID. Answers how many different ones there are. */
async function assertIdsUnique(mails: readonly InboxMail[]): Promise<number> {
  const byId = new Map<string, string>();
  for (const mail of mails) {
    const id = await idOf(mail);
    assert.equal(byId.get(id) ?? mail.raw, mail.raw);
    byId.set(id, mail.raw);
  }
  return byId.size;
}

describe('a backup', { concurrency: 2 }, () => {
  test('in the place of the database has everything since told again, in new mails', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(10) });
    const backup = join(world.folder, 'backup.db');
    assertInGoodOrder(await runChild(world, ['backup', backup]), [0]);
    const first = changeEverything(world, 'first made since');
    assert.deepEqual(await newsIn(await auditAlone(world)), first);
    const second = changeEverything(world, 'second made since');
    assert.deepEqual(await newsIn(await auditAlone(world)), second);

    putBack(world, backup);
    assertSound(world, world.databasePath, false);
    const again = await auditAlone(world);
    // What changed twice since is told as one change.
    assert.deepEqual(await newsIn(again), changesOf([...first, ...second]));
    assert.equal(await assertIdsUnique(world.inbox.mails), 3);
    assert.deepEqual(await auditAlone(world), []);
    assertSound(world);
  });

  test('with a mail that waits sends it under its old Message-ID, with its old bytes', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(10) });
    const backup = join(world.folder, 'backup.db');
    const waiting = changeEverything(world, 'told by the mail that waits');
    assert.deepEqual(await auditAlone(world, 3, { SMTP_PORT: String(await closedPort()) }), []);
    assertInGoodOrder(await runChild(world, ['backup', backup]), [0]);
    const since = changeEverything(world, 'made since');
    const mails = await auditAlone(world);
    assert.equal(mails.length, 2);
    assert.deepEqual(await newsIn(mails), [...waiting, ...since].sort());

    putBack(world, backup);
    const again = await auditAlone(world);
    assert.equal(again.length, 2);
    const old = again.find(({ raw }) => mails.some((mail) => mail.raw === raw));
    assert.ok(old, 'the mail that waited was not sent as it was');
    assert.deepEqual(await newsIn([old]), waiting);
    assert.deepEqual(await newsIn(again.filter((mail) => mail !== old)), since);
    assert.equal(await assertIdsUnique(world.inbox.mails), 3);
    tally.repeatedMails += 1;
    assertSound(world);
  });

  test('can be put back again and again, and no Message-ID is used for two mails', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(10) });
    const backup = join(world.folder, 'backup.db');
    assertInGoodOrder(await runChild(world, ['backup', backup]), [0]);
    const news = changeEverything(world);
    for (let round = 1; round <= 3; round += 1) {
      putBack(world, backup);
      assert.deepEqual(await newsIn(await auditAlone(world)), news);
      assert.equal(await assertIdsUnique(world.inbox.mails), round);
    }
  });
});

test('a database that was deleted is followed by a new baseline, which says that earlier changes are unknown', async () => {
  await using world = await createWatchedWorld();
  changeEverything(world);
  remove(world.databasePath);
  tally.faults += 1;
  const [mail, ...others] = await auditAlone(world);
  assert.deepEqual(others, []);
  const { subject, text } = await parseMail(mail);
  assert.match(subject ?? '', /baseline of 3 tokens/);
  assert.match(text ?? '', /first audit with this database.*earlier\s+changes\s+are\s+unknown/s);
  assert.deepEqual(await newsIn([mail].filter((each) => each !== undefined)), []);
  assertSound(world);
});

/** Without those of tokens that came and went in between; one change for each of the others. */
function changesOf(news: readonly string[]): string[] {
  const ofToken = Map.groupBy(news, (line) => line.split(' ')[2]);
  const kept = [...ofToken.values()].flatMap((lines) => {
    const isGone = lines.some((line) => line.startsWith('token-removed'));
    const isNew = lines.some((line) => line.startsWith('token-created'));
    if (isGone) return isNew ? [] : lines.filter((line) => line.startsWith('token-removed'));
    return isNew ? lines.filter((line) => line.startsWith('token-created')) : [...new Set(lines)];
  });
  return kept.sort();
}
