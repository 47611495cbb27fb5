import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { minutesPerDay } from '../support/spans.ts';
import { createUnattended } from '../support/unattended.ts';
import { parseMail } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

const gmailClipsAtBytes = 102_400;

describe('the mail as it arrives', { concurrency: 2 }, () => {
  test('tells 6,000 new tokens with an exact count, whole, and with all rows in its file', async () => {
    await using unattended = await createUnattended({ tokens: manyTokens(3) });
    const { world, audit, auditAfter } = unattended;
    await audit();
    const hostile = '=HYPERLINK("http://evil.example","click"),\r\n"x"';
    world.tokens.push(...manyTokens(5999), makeToken(1, { name: hostile }));
    await auditAfter(60);
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme (high): 6000 new');
    for (const part of [String(mail.text), String(mail.html)]) {
      assert.ok(Buffer.byteLength(part) < gmailClipsAtBytes);
      assert.match(part, /New token \(2001\)/);
      assert.match(part, /New token \(3999\)/);
      assert.match(part, /… and 1951 more: /);
    }
    assert.match(String(mail.html), /<\/html>\s*$/);
    const [file, ...more] = mail.attachments;
    assert.deepEqual([file?.filename, file?.contentType, more.length], ['findings.csv', 'text/csv', 0]);
    const csv = String(file?.content);
    assert.equal(csv.match(/^(?:high|medium),token-created,/gm)?.length, 6000);
    assert.ok(csv.startsWith('\ufeffseverity,kind,transition,'));
    assert.ok(csv.includes(`"'=HYPERLINK(""http://evil.example"",""click""),\r\n""x"""`));
  });

  test('carries the headers that mail programs and filters go by', async () => {
    const token = makeToken(1, { type: 'personal', membershipId: randomUUID() });
    await using unattended = await createUnattended({ tokens: [makeToken(1), token] });
    const { world, audit, auditAfter } = unattended;
    await audit();
    world.people.ownerOf(token).active = false;
    await auditAfter(60);
    const [baseline, critical] = await Promise.all(world.inbox.mails.map(parseMail));
    const header = (mail: typeof baseline, name: string) => mail?.headerLines.find(({ key }) => key === name)?.line;
    for (const [mail, run] of [
      [baseline, 1],
      [critical, 2],
    ] as const) {
      assert.match(String(mail?.messageId), /^<[\w-]+@acme\.example>$/);
      assert.equal(header(mail, 'auto-submitted'), 'Auto-Submitted: auto-generated');
      assert.equal(header(mail, 'x-auto-response-suppress'), 'X-Auto-Response-Suppress: All');
      assert.equal(header(mail, 'list-id'), 'List-ID: Omni token audit <omni-token-audit.acme.example>');
      assert.equal(header(mail, 'x-omni-token-audit-run'), `X-Omni-Token-Audit-Run: ${run}`);
    }
    assert.equal(header(critical, 'importance'), 'Importance: high');
    assert.equal(header(baseline, 'importance'), undefined);
  });

  test('brings no file where that is not allowed, or where there is nothing to list', async () => {
    await using unattended = await createUnattended({ tokens: [makeToken(1)], env: { MAIL_ATTACHMENTS: 'none' } });
    const { world, audit, auditAfter } = unattended;
    await audit();
    world.tokens.push(makeToken(1));
    await auditAfter(60);
    const mails = await Promise.all(world.inbox.mails.map(parseMail));
    assert.deepEqual(
      mails.map(({ attachments }) => attachments.length),
      [0, 0],
    );
  });

  test('is an inventory with the full list as a file every 90 days, in place of the summary', async () => {
    await using unattended = await createUnattended({ tokens: manyTokens(120) });
    const { world, audit, auditAfter, subjects } = unattended;
    await audit();
    await auditAfter(90 * minutesPerDay);
    const told = (await subjects()).slice(1);
    assert.equal(told.at(-1), '[Omni tokens] Acme: inventory of 120 tokens');
    assert.ok(!told.some((subject) => subject.includes('summary')));
    const { attachments } = await world.lastMail();
    assert.equal(attachments[0]?.filename, 'tokens.csv');
    assert.equal(String(attachments[0]?.content).trimEnd().split('\r\n').length, 121);
  });

  test('reaches readers whose addresses are not ASCII', async () => {
    const env = { MAIL_TO: '"Bjørn Ærlig" <bjørn@bücher.example>, security@acme.example' };
    await using unattended = await createUnattended({ tokens: [makeToken(1)], env });
    const { audit, delivery } = await unattended.audit();
    assert.deepEqual([audit.status, delivery.sent, delivery.pending], ['complete', 2, 0]);
    const recipients = unattended.world.inbox.mails.flatMap(({ to }) => to);
    assert.ok(recipients.includes('security@acme.example'));
    assert.ok(
      recipients.some((address) => /^bjørn@(?:bücher|xn--bcher-kva)\.example$/.test(address)),
      String(recipients),
    );
    const mail = await unattended.world.lastMail();
    assert.match(JSON.stringify(mail.to), /Bjørn Ærlig/);
  });

  test('mails something after every audit where that is asked for', async () => {
    await using unattended = await createUnattended({ tokens: [makeToken(1)], env: { DIGEST_WHEN: 'always' } });
    const { audit, auditAfter, subjects } = unattended;
    await audit();
    await auditAfter(60);
    assert.deepEqual((await subjects()).slice(1), ['[Omni tokens] Acme: nothing new']);
  });
});
