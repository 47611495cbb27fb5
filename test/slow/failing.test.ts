import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { closedPort } from '../support/listen.ts';
import { minutesPerDay, msPerHour } from '../support/spans.ts';
import { breakOmni, createUnattended, createWatchedWorld, mendOmni, refuseCredential } from '../support/unattended.ts';
import { createWorld, parseMail } from '../support/world.ts';

describe('failing audits', { concurrency: 2 }, () => {
  test('are told at the first failure after the limit, again each day, and once when they recover', async () => {
    await using unattended = await createUnattended();
    const { world, auditAfter } = unattended;
    await unattended.audit();
    world.inbox.mails.length = 0;
    const since = new Date(unattended.clock.now().getTime() + msPerDay).toISOString();

    breakOmni(world);
    for (const minutes of [minutesPerDay, 5, 15]) {
      assert.equal((await auditAfter(minutes)).audit.status, 'failed');
    }
    assert.deepEqual(await unattended.subjects(), []);
    await auditAfter(45);
    const failing = `[Omni tokens] Acme: audit failing since ${since.slice(0, 10)} ${since.slice(11, 16)} UTC`;
    assert.deepEqual(await unattended.subjects(), [failing]);
    for (let hour = 1; hour < 24; hour += 1) await auditAfter(60);
    assert.equal(world.inbox.mails.length, 1);
    await auditAfter(60);
    assert.deepEqual(await unattended.subjects(), [failing, failing]);

    mendOmni(world);
    await auditAfter(60);
    await auditAfter(minutesPerDay);
    assert.deepEqual(await unattended.subjects(), [
      failing,
      failing,
      '[Omni tokens] Acme: audit recovered after 2 days',
    ]);

    const [first, reminder, recovered] = await Promise.all(world.inbox.mails.map(parseMail));
    assert.equal(first?.inReplyTo, undefined);
    assert.equal(reminder?.inReplyTo, first?.messageId);
    assert.equal(recovered?.inReplyTo, reminder?.messageId);
    assert.deepEqual(recovered?.references, [first?.messageId, reminder?.messageId]);
    assert.match(first?.text ?? '', /404/);
    assert.match(recovered?.text ?? '', /28 runs failed/);
  });

  test('of a refused credential are told at once, with the hint, and once', async () => {
    await using unattended = await createUnattended();
    await unattended.audit();
    refuseCredential(unattended.world);
    await unattended.auditAfter(minutesPerDay);
    await unattended.auditAfter(60);
    const subjects = await unattended.subjects();
    assert.equal(subjects.length, 2);
    assert.match(subjects[1] ?? '', /audit failing since/);
    const mail = await unattended.world.lastMail();
    assert.match(mail.text ?? '', /Set OMNI_API_TOKEN to an organization API key/);
  });

  test('are told even when there was never a complete one', async () => {
    await using unattended = await createUnattended();
    refuseCredential(unattended.world);
    await unattended.audit();
    assert.match((await unattended.world.lastMail()).text ?? '', /No audit has ever completed/);
    mendOmni(unattended.world);
    await unattended.auditAfter(10);
    const subjects = await unattended.subjects();
    assert.equal(subjects[1], '[Omni tokens] Acme: audit recovered after 10 minutes');
    assert.match(subjects[2] ?? '', /baseline of 3 tokens/);
  });

  test('that nobody was told of recover without a mail', async () => {
    await using unattended = await createUnattended();
    await unattended.audit();
    breakOmni(unattended.world);
    await unattended.auditAfter(minutesPerDay);
    mendOmni(unattended.world);
    await unattended.auditAfter(5);
    assert.equal(unattended.world.inbox.mails.length, 1);
  });

  test('begin a new thread after a recovery', async () => {
    await using unattended = await createUnattended();
    await unattended.audit();
    for (let outage = 0; outage < 2; outage += 1) {
      refuseCredential(unattended.world);
      await unattended.auditAfter(60);
      mendOmni(unattended.world);
      await unattended.auditAfter(60);
    }
    const [, , , second] = await Promise.all(unattended.world.inbox.mails.map(parseMail));
    assert.match(second?.subject ?? '', /failing since/);
    assert.equal(second?.inReplyTo, undefined);
  });

  test('of a process that dies each time are told by the one that finds it', async () => {
    await using unattended = await createUnattended({ env: { FAILURE_ALERT_AFTER_MINUTES: '0' } });
    await unattended.audit();
    const { openAuditStore } = await import('../../src/stores.ts');
    {
      using store = openAuditStore(unattended.world.databasePath, unattended.clock.now());
      for (let death = 0; death < 5; death += 1) {
        unattended.clock.advance(msPerHour);
        store.transactions.run((tx) => store.runs.begin(tx, 'retry', 'a process that died', unattended.clock.now()));
        store.transactions.run((tx) => store.runs.interruptAbandoned(tx, unattended.clock.now()));
      }
    }
    await unattended.auditAfter(60);
    assert.ok((await unattended.subjects()).some((subject) => subject.includes('recovered after')));
  });

  test('while mail is down too are told by exit code and log, and by mail when it is back', async () => {
    await using world = await createWatchedWorld();
    refuseCredential(world);
    const outcome = await world.run(['audit', '--format', 'json'], {
      env: { SMTP_PORT: String(await closedPort()) },
    });
    assert.equal(outcome.code, 1);
    assert.equal(outcome.json().status, 'failed');
    assert.equal(outcome.json().mail.pending, 1);
    const logs = outcome.logs();
    assert.ok(logs.some(({ level, msg }) => level === 'error' && msg === 'audit failed'));
    assert.ok(logs.some(({ msg, error }) => msg === 'mail will be retried' && /ECONNREFUSED/.test(error)));
    await world.run(['mail', '--retry']);
    assert.match((await world.lastMail()).subject ?? '', /audit failing since/);
  });

  test('and a complete one whose mail waits ends with 3', async () => {
    await using world = await createWorld({ env: { SMTP_PORT: String(await closedPort()) } });
    const outcome = await world.run(['audit', '--format', 'json']);
    assert.equal(outcome.code, 3);
    assert.equal(outcome.json().status, 'complete');
  });

  test('log an error where mail itself is what fails', async () => {
    await using unattended = await createUnattended({ env: { SMTP_PORT: String(await closedPort()) } });
    await unattended.audit();
    await unattended.auditAfter(minutesPerDay);
    assert.ok(unattended.log.some(({ level, msg }) => level === 'error' && /mail/.test(msg)));
  });
});
