import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { hoursPerDay, minutesPerDay } from '../support/spans.ts';
import { createUnattended, type Unattended } from '../support/unattended.ts';
import { createWorld, parseMail } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';

/** Kinds and severities of what stands, as another program sees it. */
async function open({ world }: Pick<Unattended, 'world'>, ...args: string[]): Promise<string[]> {
  const findings: { kind: string; severity: string; subject: { id: string } }[] = await world.look('findings', ...args);
  return findings.map(({ kind, severity, subject }) => `${kind} ${severity} ${subject.id}`).sort();
}

function personal(ageDays: number, name: string, membershipId: string = randomUUID()): SimulatedToken {
  return makeToken(ageDays * hoursPerDay, { name, type: 'personal', membershipId });
}

describe('an organisation with a token of every fate', { concurrency: 2 }, () => {
  test('gives each exactly its condition with its severity, and the next day says nothing', async () => {
    const keys = [1, 91 * hoursPerDay, 181 * hoursPerDay, 366 * hoursPerDay].map((hours) => makeToken(hours));
    const [, low, medium, high] = keys.map(({ id }) => id);
    const [left, gone, idle, embed] = [
      personal(3, 'of one who left'),
      personal(3, 'of one who is gone'),
      personal(3, 'of an idle one'),
      personal(3, 'of an embed user'),
    ];
    const cli = makeToken(3, { type: 'cli', membershipId: randomUUID() });
    await using unattended = await createUnattended({ tokens: [...keys, left, gone, idle, embed, cli] });
    const { world, audit, auditAfter } = unattended;
    const { people } = world;
    people.ownerOf(left).active = false;
    people.delete(String(gone.membershipId));
    people.ownerOf(idle).lastLogin = new Date(Date.now() - 100 * msPerDay).toISOString();
    people.ownerOf(embed).embed = { entity: 'customer', externalId: '1' };

    const baseline = await audit();
    assert.equal(baseline.audit.status === 'complete' && baseline.audit.ownersKnown, true);
    const expected = [
      `owner-deactivated critical ${left.membershipId}`,
      `owner-idle low ${idle.membershipId}`,
      `owner-missing critical ${gone.membershipId}`,
      `token-stale high ${high}`,
      `token-stale low ${low}`,
      `token-stale medium ${medium}`,
      `token-type-unknown medium ${cli.id}`,
    ];
    assert.deepEqual(await open(unattended, '--open'), expected);
    assert.match((await unattended.subjects())[0] ?? '', /baseline of 9 tokens, 7 need attention/);

    // Ages of today and not of a threshold: nobody crosses one overnight.
    await auditAfter(minutesPerDay / 4);
    assert.equal(world.inbox.mails.length, 1);
    assert.deepEqual(await open(unattended, '--open'), expected);
  });

  test('calls it critical on the same day when an account is deactivated, names it, and lists all its tokens', async () => {
    const owner = randomUUID();
    const tokens = [
      personal(5, 'laptop', owner),
      personal(9, 'notebook', owner),
      makeToken(50, { name: 'a grant', type: 'mcp', membershipId: owner }),
      personal(5, 'of somebody else'),
    ];
    const [laptop] = tokens;
    assert.ok(laptop);
    await using unattended = await createUnattended({ tokens });
    const { world, audit, auditAfter } = unattended;
    await audit();
    Object.assign(world.people.ownerOf(laptop), {
      active: false,
      displayName: 'Jane Doe',
      userName: 'jane@acme.example',
    });

    const { audit: told } = await auditAfter(60);

    assert.deepEqual(told.status === 'complete' && told.findings, { critical: 1, high: 0, medium: 0, low: 0, info: 0 });
    const [, mail] = await Promise.all(world.inbox.mails.map(parseMail));
    assert.equal(mail?.subject, '[Omni tokens] Acme (critical): 3 orphaned');
    for (const part of [String(mail?.text), String(mail?.html)]) {
      assert.match(part, /Jane Doe.* \(jane@acme\.example\)/);
      for (const { name, id } of tokens.slice(0, 3)) assert.ok(part.includes(name) && part.includes(id), name);
      assert.ok(!part.includes('of somebody else'));
      assert.ok(part.includes('holds 3 tokens'));
    }
    const [finding, ...more] = await world.look('findings', '--run', '2');
    assert.deepEqual(more, []);
    assert.deepEqual([finding.kind, finding.tokenId, finding.state], ['owner-deactivated', null, 'open']);
    assert.equal(finding.detail.tokenCount, 3);
    const listed = await world.look('tokens');
    const { userName, active } = listed.find(({ id }: SimulatedToken) => id === laptop.id).owner;
    assert.deepEqual([userName, active], ['jane@acme.example', false]);
    const before = await world.look('tokens', '--run', '1');
    assert.equal(before.find(({ id }: SimulatedToken) => id === laptop.id).owner.active, true);
  });

  test('turns from deactivated to missing without good news, and says so when the account is active again', async () => {
    const token = personal(5, 'laptop');
    await using unattended = await createUnattended({ tokens: [makeToken(1), token] });
    const { world, audit, auditAfter, subjects } = unattended;
    const person = world.people.ownerOf(token);
    person.active = false;
    await audit();
    world.people.delete(person.id);
    await auditAfter(60);
    assert.deepEqual(await open(unattended, '--open'), [`owner-missing critical ${person.id}`]);
    world.people.restore(person.id);
    person.active = true;
    await auditAfter(60);
    assert.deepEqual(await open(unattended, '--open'), []);
    assert.deepEqual((await subjects()).slice(1), [
      '[Omni tokens] Acme (critical): 1 orphaned',
      '[Omni tokens] Acme: 1 resolved',
    ]);
  });
});

describe('owners that cannot be learned', { concurrency: 2 }, () => {
  test('for a day open and resolve nothing, and are no news when they are known again', async () => {
    const [left, fine] = [personal(5, 'of one who left'), personal(5, 'of one who stays')];
    await using unattended = await createUnattended({ tokens: [makeToken(1), left, fine] });
    const { world, audit, auditAfter } = unattended;
    world.people.ownerOf(left).active = false;
    await audit();
    const before = await open(unattended);
    inject(world.omni, { at: scimPaths.all, status: 403 });
    world.people.ownerOf(left).active = true;
    world.people.ownerOf(fine).active = false;
    world.tokens.push(makeToken(0.1, { name: 'news' }));

    const blind = await auditAfter(60);

    assert.equal(blind.audit.status === 'complete' && blind.audit.ownersKnown, false);
    assert.deepEqual(await open(unattended, '--open'), before);
    const mail = await world.lastMail();
    assert.match(mail.subject ?? '', /1 new, owners unknown$/);
    const text = String(mail.text).replaceAll(/\s+/g, ' ');
    assert.match(text, /owners of tokens are unknown in this audit: listing users failed with 403/);
    assert.match(text, /Owner findings are frozen/);
    assert.match(text, /Create an organization API key in Omni/);
    const status = await world.look('status');
    assert.match(status.ownersProblem, /403/);

    world.people.ownerOf(left).active = false;
    world.people.ownerOf(fine).active = true;
    world.omni.intercept = undefined;
    await auditAfter(60);
    assert.equal(world.inbox.mails.length, 2);
    assert.deepEqual(await open(unattended, '--open'), before);
  });

  test('are told by `check` too, with what mends it, while the audit with a user-scoped key is complete', async () => {
    await using world = await createWorld({ tokens: [makeToken(1), personal(5, 'laptop')] });
    inject(world.omni, { at: scimPaths.all, status: 403 });
    const { code, stdout } = await world.run(['check']);
    assert.equal(code, 0);
    assert.match(stdout, /Owners cannot be read.*403.*Create an organization API key/);
    const result = await world.audit();
    assert.deepEqual([result.status, result.ownersKnown], ['complete', false]);
  });

  test('are not confused by a user who is deleted while the list is read: nobody becomes an orphan', async () => {
    const tokens = Array.from({ length: 150 }, (_, index) => personal(5, `laptop ${index}`));
    await using unattended = await createUnattended({ tokens: [makeToken(1), ...tokens] });
    const { world, audit, auditAfter } = unattended;
    await audit();
    world.people.add({
      ...world.people.ownerOf(tokens[0] as SimulatedToken),
      id: randomUUID(),
      created: '2023-01-01T00:00:00.000Z',
    });
    world.omni.requests.length = 0;
    let deleted = false;
    world.omni.intercept = ({ url = '' }) => {
      const isSecondPage = url.includes('startIndex=101');
      if (isSecondPage && !deleted) {
        deleted = true;
        world.people.deleteOldest();
      }
      return false;
    };
    const { audit: done } = await auditAfter(60);
    assert.ok(deleted);
    assert.equal(done.status === 'complete' && done.ownersKnown, true);
    assert.deepEqual(await open(unattended, '--open'), []);
    assert.equal(world.inbox.mails.length, 1);
  });
});

describe('rules', { concurrency: 2 }, () => {
  test('go by their settings: a token that stays disabled for the days that are set', async () => {
    const tokens = [makeToken(1), makeToken(1, { name: 'export', enabled: false })];
    await using unattended = await createUnattended({ tokens, env: { DISABLED_AFTER_DAYS: '2' } });
    const { audit, auditAfter, subjects } = unattended;
    await audit();
    await auditAfter(2 * minutesPerDay - 1);
    await auditAfter(1);
    assert.deepEqual((await subjects()).slice(1), ['[Omni tokens] Acme: 1 long disabled']);
  });

  test('that change flood nobody: a stale threshold from 90 to 60 days', async () => {
    const tokens = [70, 75, 80].map((days) => makeToken(days * hoursPerDay));
    await using unattended = await createUnattended({ tokens });
    const { world, audit, auditAfter } = unattended;
    await audit();
    world.env.STALE_AFTER_DAYS = '60';
    await auditAfter(60);
    assert.equal(world.inbox.mails.length, 1);
    assert.equal((await open(unattended, '--open')).length, 3);
  });

  test('that change hide nothing else: an account deactivated in the same run is told', async () => {
    const token = personal(70, 'laptop');
    await using unattended = await createUnattended({ tokens: [makeToken(1), token] });
    const { world, audit, auditAfter, subjects } = unattended;
    await audit();
    world.env.STALE_AFTER_DAYS = '60';
    world.people.ownerOf(token).active = false;
    await auditAfter(60);
    assert.deepEqual((await subjects()).slice(1), ['[Omni tokens] Acme (critical): 1 orphaned']);
  });

  test('tell a missed crossing once, later, and none at 89.98 days', async () => {
    const token = makeToken(89.98 * hoursPerDay, { name: 'almost' });
    await using unattended = await createUnattended({ tokens: [token] });
    const { audit, auditAfter, subjects } = unattended;
    await audit();
    assert.deepEqual(await open(unattended, '--open'), []);
    await auditAfter(6 * minutesPerDay);
    await auditAfter(60);
    assert.deepEqual((await subjects()).slice(1), ['[Omni tokens] Acme: 1 stale']);
  });
});
