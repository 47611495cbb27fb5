import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { InboxMail } from '../../src/demo/inbox.ts';
import { closedPort } from '../support/listen.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { parseMail, type World } from '../support/world.ts';
import { manyTokens } from '../support/world-tokens.ts';
import { assertSound, changeEverything, reportedIn } from './support/reports.ts';
import { assertEndedWith, runChild } from './support/run-child.ts';
import { tally } from './support/tally.ts';

/** Runs an audit and returns the mails that it sent. */
async function mailsOfAudit(world: World, code = 0, env = {}): Promise<InboxMail[]> {
  const already = world.inbox.mails.length;
  assertEndedWith(await runChild(world, ['audit'], { env }), code);
  tally.audits += 1;
  return world.inbox.mails.slice(already);
}

async function backUp(world: World): Promise<string> {
  const file = join(world.folder, 'backup.db');
  assertEndedWith(await runChild(world, ['backup', file]), 0);
  return file;
}

function restore({ databasePath }: World, backup: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(databasePath + end, { force: true });
  copyFileSync(backup, databasePath);
  tally.faults += 1;
}

/** Fails when two different mails have the same Message-ID. Returns how many Message-IDs there are. */
async function countMails(mails: readonly InboxMail[]): Promise<number> {
  const byId = new Map<string, string>();
  for (const mail of mails) {
    const { messageId = '' } = await parseMail(mail);
    assert.equal(byId.get(messageId) ?? mail.raw, mail.raw);
    byId.set(messageId, mail.raw);
  }
  return byId.size;
}

describe('a restored backup', { concurrency: 2 }, () => {
  test('reports all later changes again, in a new mail with a new Message-ID, however often it is restored', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(10) });
    const backup = await backUp(world);
    const changes = changeEverything(world);
    assert.deepEqual(await reportedIn(await mailsOfAudit(world)), changes);
    for (let round = 2; round <= 4; round += 1) {
      restore(world, backup);
      assertSound(world, false);
      assert.deepEqual(await reportedIn(await mailsOfAudit(world)), changes);
      assert.equal(await countMails(world.inbox.mails), round);
    }
    assert.deepEqual(await mailsOfAudit(world), []);
    assertSound(world);
  });

  test('sends mail that was waiting in it unchanged, with its old Message-ID', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(10) });
    const waiting = changeEverything(world, 'reported by the mail that waits');
    assert.deepEqual(await mailsOfAudit(world, 3, { SMTP_PORT: String(await closedPort()) }), []);
    const backup = await backUp(world);
    const since = changeEverything(world, 'made since');
    const mails = await mailsOfAudit(world);
    assert.deepEqual(await reportedIn(mails), [...waiting, ...since].sort());

    restore(world, backup);
    const again = await mailsOfAudit(world);
    assert.equal(again.length, 2);
    const old = again.filter(({ raw }) => mails.some((mail) => mail.raw === raw));
    assert.deepEqual(await reportedIn(old), waiting);
    assert.deepEqual(await reportedIn(again.filter((mail) => !old.includes(mail))), since);
    assert.equal(await countMails(world.inbox.mails), 3);
    tally.repeatedMails += 1;
    assertSound(world);
  });
});
