import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { closedPort } from '../support/listen.ts';
import { breakOmni, createUnattended, mendOmni, type Unattended } from '../support/unattended.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

const minutesPerDay = 24 * 60;

/** The baseline and one audit a day; answers the subjects that came after the baseline. */
async function days(unattended: Unattended, count: number): Promise<string[]> {
  if (unattended.world.omni.requests.length === 0) await unattended.audit();
  unattended.world.inbox.mails.length = 0;
  for (let day = 1; day <= count; day += 1) await unattended.auditAfter(minutesPerDay);
  return await unattended.subjects();
}

describe('the weekly word', { concurrency: 2 }, () => {
  test('of a quiet week is one mail on the seventh day: all clear', async () => {
    await using unattended = await createUnattended();
    assert.deepEqual(await days(unattended, 6), []);
    assert.deepEqual(await days(unattended, 1), ['[Omni tokens] Acme: all clear, 7 of 7 audits complete']);
    const mail = await unattended.world.lastMail();
    assert.match(mail.text ?? '', /All clear: nothing is open\./);
    assert.deepEqual(await days(unattended, 7), ['[Omni tokens] Acme: all clear, 7 of 7 audits complete']);
  });

  test('shows what stands', async () => {
    const stale = makeToken(24 * 100, { name: 'old but in use' });
    await using unattended = await createUnattended({ tokens: [...manyTokens(3), stale] });
    assert.deepEqual(await days(unattended, 7), ['[Omni tokens] Acme: weekly summary, 1 open']);
    const mail = await unattended.world.lastMail();
    assert.match(mail.text ?? '', /old but in use/);
    assert.match(mail.text ?? '', /omni-token-audit findings --open/);
  });

  test('does not slip when audits are some minutes early', async () => {
    await using unattended = await createUnattended();
    await unattended.audit();
    await unattended.auditAfter(7 * minutesPerDay - 20);
    assert.equal((await unattended.subjects())[1], '[Omni tokens] Acme: all clear, 1 of 1 audit complete');
  });

  test('counts the audits that failed', async () => {
    await using unattended = await createUnattended({ env: { FAILURE_ALERT_AFTER_MINUTES: '10080' } });
    await days(unattended, 3);
    breakOmni(unattended.world);
    await days(unattended, 2);
    mendOmni(unattended.world);
    assert.deepEqual(await days(unattended, 2), ['[Omni tokens] Acme: all clear, 5 of 7 audits complete']);
  });

  test('comes beside the news of the same day', async () => {
    await using unattended = await createUnattended();
    await days(unattended, 6);
    unattended.world.tokens.push(makeToken(1));
    const subjects = await days(unattended, 1);
    assert.equal(subjects.length, 2);
    assert.ok(subjects.includes('[Omni tokens] Acme: all clear, 7 of 7 audits complete'));
  });

  test('comes daily where it is asked for daily', async () => {
    await using unattended = await createUnattended({ env: { REMINDER_DAYS: '1' } });
    assert.equal((await days(unattended, 3)).length, 3);
  });

  test('does not come with REMINDER_DAYS=0', async () => {
    await using unattended = await createUnattended({ env: { REMINDER_DAYS: '0' } });
    assert.deepEqual(await days(unattended, 30), []);
  });

  test('comes within its days though the clock was set back by years', async () => {
    await using unattended = await createUnattended();
    await unattended.audit();
    unattended.setBack(3 * 365);
    assert.ok((await days(unattended, 8)).length >= 1);
  });

  test('tells of mail that was given up, where it is the next mail', async () => {
    await using unattended = await createUnattended({ env: { MAIL_TO: 'former@acme.example', REMINDER_DAYS: '1' } });
    const port = unattended.world.env.SMTP_PORT;
    unattended.world.env.SMTP_PORT = String(await closedPort());
    await unattended.audit();
    Object.assign(unattended.world.env, { SMTP_PORT: port, MAIL_TO: 'new@acme.example' });
    await unattended.auditAfter(10);
    await unattended.auditAfter(minutesPerDay);
    assert.deepEqual(await unattended.subjects(), ['[Omni tokens] Acme: all clear, 2 of 2 audits complete']);
    const mail = await unattended.world.lastMail();
    assert.match(mail.text ?? '', /former@acme\.example/);
  });
});
