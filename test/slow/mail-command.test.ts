import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { createWorld } from '../support/world.ts';

const refused = { recipient: () => ({ responseCode: 550, message: 'no such mailbox' }) };

describe('mail --retry', { concurrency: 2 }, () => {
  test('sends what was parked, once its recipient is accepted', async () => {
    await using server = await startFaultySmtpServer({ faults: refused });
    await using world = await createWorld({ env: { SMTP_PORT: String(server.port) } });
    await world.audit(3);
    const again = await world.run(['mail', '--retry', '--format', 'json']);
    assert.equal(again.code, 3, again.stderr);
    const [delivery] = again.json()[0].deliveries;
    assert.deepEqual([delivery.status, delivery.attempts], ['parked', 2]);
    server.faults = {};
    const mended = await world.run(['mail', '--retry', '--format', 'json']);
    assert.equal(mended.code, 0, mended.stderr);
    assert.equal(mended.json()[0].deliveries[0].status, 'sent');
    assert.equal(server.accepted.length, 1);
    assert.equal(server.accepted[0]?.messageId, mended.json()[0].messageId);
    assert.equal((await world.audit()).mail.parked, 0);
  });

  test('sends what waits, whatever its next attempt was to be', async () => {
    await using world = await createWorld();
    await world.audit(3, { env: { SMTP_PORT: String(await closedPort()) } });
    const outcome = await world.run(['mail', '--retry']);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stdout, / sent /);
    assert.equal(world.inbox.mails.length, 1);
  });

  test('needs to know the mail server', async () => {
    await using world = await createWorld();
    await world.audit();
    const outcome = await world.run(['mail', '--retry'], { env: { SMTP_HOST: undefined } });
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, /SMTP_HOST is not set/);
  });
});

describe('mail --discard', { concurrency: 2 }, () => {
  test('gives up what is not sent, keeps the reason, and mends the exit code', async () => {
    await using server = await startFaultySmtpServer({ faults: refused });
    await using world = await createWorld({ env: { SMTP_PORT: String(server.port) } });
    await world.audit(3);
    const reason = 'the address was wrong';
    const outcome = await world.run(['mail', '--discard', '1', '--reason', reason, '--format', 'json']);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.equal(outcome.json()[0].deliveries[0].status, 'discarded');
    // biome-ignore lint/suspicious/noExplicitAny: a row of the database
    const [row]: any[] = readTables(world.databasePath).deliveries ?? [];
    assert.equal(row.discard_reason, reason);
    assert.deepEqual((await world.audit()).mail, { queued: 0, sent: 0, pending: 0, parked: 0 });
  });

  test('refuses a mail that is not there, and one that is sent', async () => {
    await using world = await createWorld();
    await world.audit();
    const missing = await world.run(['mail', '--discard', '9', '--reason', 'x']);
    assert.deepEqual([missing.code, missing.stdout], [2, '']);
    assert.match(missing.stderr, /--discard 9: there is no such mail/);
    const sent = await world.run(['mail', '--discard', '1', '--reason', 'x']);
    assert.deepEqual([sent.code, sent.stdout], [2, '']);
    assert.match(sent.stderr, /--discard 1: nothing of that mail waits or is parked/);
  });
});
