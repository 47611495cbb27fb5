import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { createUnattended, createWatchedWorld } from '../support/unattended.ts';
import { parseMail, type World } from '../support/world.ts';
import { makeToken, tokenAt } from '../support/world-tokens.ts';

const hoursPerDay = 24;
const minutesPerDay = 24 * 60;
const reason = 'the board’s "yearly" report';

function oneLine(text: string | undefined): string {
  return String(text).replaceAll(/\s+/g, ' ');
}

/** The day in so many days, as YYYY-MM-DD. */
function dayFromNow(days: number): string {
  return new Date(Date.now() + days * msPerDay).toISOString().slice(0, 10);
}

async function acknowledge(world: World, id: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.run(['ack', id, '--reason', reason, '--by', 'Ann Archer', ...more]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** One stale key, and one that is not. */
function staleKeys() {
  return [makeToken(200 * hoursPerDay, { name: 'old key' }), makeToken(hoursPerDay, { name: 'young key' })];
}

describe('an acknowledgement', { concurrency: 2 }, () => {
  test('hides what stands from summaries, keeps it in their count, and is told with who and why', async () => {
    await using unattended = await createUnattended({ tokens: staleKeys(), env: { INVENTORY_DAYS: '0' } });
    const { world, audit, auditAfter, subjects } = unattended;
    await audit();
    const { id } = tokenAt(world, 0);

    assert.match(await acknowledge(world, id), /^Acknowledged until \d{4}-\d\d-\d\d: 1 token-stale \(medium/);

    await auditAfter(60);
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme: 1 acknowledged');
    assert.match(
      oneLine(mail.text),
      /"old key" Stale token \(medium\) Acknowledged by Ann Archer, .* Reason: the board’s "yearly" report/,
    );
    assert.match(oneLine(mail.text), /1 finding open \(1 acknowledged\)/);
    const [finding] = await world.look('findings', '--open');
    assert.equal(finding.state, 'acknowledged');
    assert.deepEqual(Object.keys(finding.acknowledgement), ['reason', 'by', 'at', 'until']);
    assert.deepEqual([finding.acknowledgement.reason, finding.acknowledgement.by], [reason, 'Ann Archer']);

    await auditAfter(60);
    await auditAfter(7 * minutesPerDay);
    assert.deepEqual((await subjects()).slice(2), ['[Omni tokens] Acme: weekly summary, 1 open']);
    const summary = String((await world.lastMail()).text);
    assert.match(summary, /All that is open is acknowledged/);
    assert.doesNotMatch(summary, /old key/);
  });

  test('lapses after its last day, which is told, and what it covered is news again', async () => {
    await using unattended = await createUnattended({
      tokens: staleKeys(),
      env: { INVENTORY_DAYS: '0', REMINDER_DAYS: '0' },
    });
    const { world, audit, auditAfter, subjects } = unattended;
    await audit();
    // Not today, which may be over before the command is: the command goes by the real time.
    await acknowledge(world, tokenAt(world, 0).id, '--until', dayFromNow(1));
    await auditAfter(0.01);
    await auditAfter(2 * minutesPerDay);
    assert.deepEqual((await subjects()).slice(1), [
      '[Omni tokens] Acme: 1 acknowledged',
      '[Omni tokens] Acme: 1 stale, 1 acknowledgement ended',
    ]);
    const text = oneLine((await world.lastMail()).text);
    assert.match(text, /Stale token \(acknowledgement expired\)/);
    assert.match(text, /Expired, since its last day is over Before: acknowledged by Ann Archer/);
    const [finding] = await world.look('findings', '--open');
    assert.deepEqual([finding.state, finding.acknowledgement], ['open', null]);
    await auditAfter(minutesPerDay);
    assert.equal(world.inbox.mails.length, 3);
  });

  test('is void when it escalates, and reported with what escalated', async () => {
    await using unattended = await createUnattended({ tokens: [makeToken(179.9 * hoursPerDay, { name: 'old key' })] });
    const { world, audit, auditAfter } = unattended;
    await audit();
    await acknowledge(world, tokenAt(world, 0).id);
    await auditAfter(minutesPerDay / 2);
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme: 1 stale, 1 acknowledged, 1 acknowledgement ended');
    assert.match(oneLine(mail.text), /Void, since it escalated/);
    assert.equal((await world.look('findings', '--open'))[0].state, 'open');
  });

  test('is void when the token gets another owner or type, or is enabled again', async () => {
    const tokens = ['owner', 'type', 'enabled'].map((name) => makeToken(3, { name, type: 'robot' }));
    const [byOwner, byType, byEnabling] = tokens;
    assert.ok(byOwner && byType && byEnabling);
    byEnabling.enabled = false;
    await using unattended = await createUnattended({ tokens: [makeToken(1), ...tokens] });
    const { world, audit, auditAfter } = unattended;
    await audit();
    for (const { id } of tokens) await acknowledge(world, id);
    await auditAfter(60);
    byOwner.membershipId = randomUUID();
    byType.type = 'other robot';
    byEnabling.enabled = true;
    await auditAfter(60);
    const text = oneLine((await world.lastMail()).text);
    for (const why of ['another owner', 'another type', 'enabled again'])
      assert.match(text, new RegExp(`Void, since the token.*${why}`));
    const states = (await world.look('findings', '--open')).map(({ state }: { state: string }) => state);
    assert.deepEqual(states, ['open', 'open', 'open']);
  });

  test('of a token cannot hide the deactivation of its owner that comes later', async () => {
    const token = makeToken(200 * hoursPerDay, { name: 'laptop', type: 'personal', membershipId: randomUUID() });
    await using unattended = await createUnattended({ tokens: [makeToken(1), token] });
    const { world, audit, auditAfter } = unattended;
    await audit();
    await acknowledge(world, token.id);
    await auditAfter(60);
    world.people.ownerOf(token).active = false;
    await auditAfter(60);
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme (critical): 1 orphaned');
  });

  test('can cover an owner or one condition by its number, and be taken back, which is told too', async () => {
    const token = makeToken(5, { name: 'laptop', type: 'personal', membershipId: randomUUID() });
    await using unattended = await createUnattended({ tokens: [...staleKeys(), token] });
    const { world, audit, auditAfter, subjects } = unattended;
    world.people.ownerOf(token).active = false;
    await audit();
    const findings: { id: number; kind: string }[] = await world.look('findings', '--open');
    const stale = findings.find(({ kind }) => kind === 'token-stale');
    await acknowledge(world, String(token.membershipId));
    await acknowledge(world, String(stale?.id));
    await auditAfter(60);
    const { code, stdout } = await world.run(['unack', String(token.membershipId), '--by', 'Bob']);
    assert.deepEqual([code, /^No longer acknowledged: \d+ owner-deactivated/.test(stdout)], [0, true]);
    await auditAfter(60);
    assert.deepEqual((await subjects()).slice(1), [
      '[Omni tokens] Acme: 2 acknowledged',
      '[Omni tokens] Acme: 1 acknowledgement ended',
    ]);
    assert.match(oneLine((await world.lastMail()).text), /Revoked by Bob/);
  });

  test('does not keep --fail-on quiet: what is acknowledged still stands', async () => {
    await using world = await createWatchedWorld({ tokens: staleKeys() });
    await acknowledge(world, tokenAt(world, 0).id);
    assert.equal((await world.run(['audit', '--fail-on', 'medium'])).code, 5);
  });

  test('ends without a word of its own when what it covers is resolved', async () => {
    await using unattended = await createUnattended({ tokens: staleKeys() });
    const { world, audit, auditAfter, subjects } = unattended;
    await audit();
    await acknowledge(world, tokenAt(world, 0).id);
    await auditAfter(60);
    world.tokens.splice(0, 1);
    await auditAfter(60);
    assert.deepEqual((await subjects()).slice(1), [
      '[Omni tokens] Acme: 1 acknowledged',
      '[Omni tokens] Acme: 1 removed',
    ]);
  });
});

describe('a wrong acknowledgement', () => {
  const tooLate = dayFromNow(500);
  const mistakes: [string, string[], RegExp][] = [
    ['without a reason', ['--by', 'Ann'], /--reason is missing/],
    ['with a blank reason', ['--by', 'Ann', '--reason', ' '], /--reason is missing/],
    ['without anybody', ['--reason', 'known'], /--by is missing/],
    [
      'until a day that is over',
      ['--reason', 'r', '--by', 'b', '--until', '2020-02-29'],
      /2020-02-29: that day is over; today is/,
    ],
    [
      'until a day that is none',
      ['--reason', 'r', '--by', 'b', '--until', '2027-02-30'],
      /--until "2027-02-30": there is no such day/,
    ],
    [
      'until a word',
      ['--reason', 'r', '--by', 'b', '--until', 'tomorrow'],
      /--until "tomorrow": give a day as YYYY-MM-DD/,
    ],
    [
      'for too long',
      ['--reason', 'r', '--by', 'b', '--until', tooLate],
      /400 days at most, so \d{4}-\d\d-\d\d at the latest/,
    ],
    ['with a novel for a reason', ['--by', 'b', '--reason', 'x'.repeat(501)], /--reason: 501 characters are too many/],
  ];

  test('is refused with 2, in words that name the value and the hint, and changes nothing', async () => {
    await using world = await createWatchedWorld({ tokens: staleKeys() });
    const { id } = tokenAt(world, 0);
    for (const [what, args, message] of mistakes) {
      const { code, stderr } = await world.run(['ack', id, ...args]);
      assert.equal(code, 2, what);
      assert.match(stderr, message, what);
    }
    const unknown = await world.run(['ack', randomUUID(), '--reason', 'r', '--by', 'b']);
    assert.equal(unknown.code, 2);
    assert.match(
      unknown.stderr,
      /".*": nothing is open for it, and no audit ever saw .* of that id\n {2}`findings --open`/,
    );
    const unacknowledged = await world.run(['unack', id, '--by', 'b']);
    assert.deepEqual([unacknowledged.code, /nothing is acknowledged for/.test(unacknowledged.stderr)], [2, true]);
    assert.equal((await world.look('findings', '--open'))[0].state, 'open');

    await acknowledge(world, id);
    const again = await world.run(['ack', id, '--reason', 'r', '--by', 'b']);
    assert.deepEqual(
      [again.code, /is already acknowledged until .*\n {2}Take that back with `unack`/.test(again.stderr)],
      [2, true],
    );
  });

  test('cannot forge what surrounds it: reason and name are untrusted text', async () => {
    await using unattended = await createUnattended({ tokens: staleKeys() });
    const { world, audit, auditAfter } = unattended;
    await audit();
    const hostile = 'ok\r\nBcc: victim@example.com\u202e<b>';
    const { code } = await world.run(['ack', tokenAt(world, 0).id, '--reason', hostile, '--by', hostile]);
    assert.equal(code, 0);
    await auditAfter(60);
    const mail = await parseMail(world.inbox.mails.at(-1));
    assert.equal(mail.bcc, undefined);
    assert.doesNotMatch(String(mail.html), /<b>/);
    assert.ok(String(mail.text).includes('⟨U+000D⟩⟨U+000A⟩Bcc'));
    const { stdout } = await world.run(['findings', '--open']);
    assert.doesNotMatch(stdout, /\u202e|\nBcc/);
  });
});
