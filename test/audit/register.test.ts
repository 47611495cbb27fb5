import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReadRegister, RegisterRow } from '../../src/store/register.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { onOneLine } from '../digest/read-mail.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, reportedBy, revoke } from '../support/audit-steps.ts';
import { dueOn, fileOf, someRow } from '../support/register-rows.ts';
import { someKey, someToken, uuid } from '../support/tokens.ts';

const broken: ReadRegister = { kind: 'broken', problem: 'TOKEN_REGISTER_FILE, line 3: bad', hint: 'Correct it' };
const revoked = someRow({ decision: 'revoke' });
/** Approved in most tests, so that the organisation is never empty. */
const other = someToken(99);

/** Makes each audit that follows read this file. */
function commit({ deps }: AuditBench, file: ReadRegister): void {
  deps.readRegister = () => file;
}

/** The same for the rows of tokens with these numbers, and one that approves the other token. */
function commitRows(bench: AuditBench, rows: Record<number, RegisterRow>): void {
  const entries = Object.entries({ 99: someRow(), ...rows });
  commit(bench, fileOf(entries.map(([number, row]) => [uuid(Number(number)), row])));
}

/** Runs an audit. Returns its mail on one line; empty if it had none. */
async function mailOf(bench: AuditBench): Promise<string> {
  const { mail } = await bench.completeAudit();
  return onOneLine(mail?.text ?? '');
}

describe('a new token', () => {
  test('that its row approves is for the record only, and still counts as created', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(98)]);
    commitRows(bench, { 98: someRow() });
    assert.deepEqual(await auditAndRead(bench), []);
    commitRows(bench, { 1: someRow(), 2: someRow(), 98: someRow() });
    bench.omni.organisation.tokens.push(...[someKey(1), someToken(2)].map((token) => ({ ...token })));
    const { runId, changes, findings } = await bench.completeAudit();
    assert.deepEqual(reportedBy(bench, runId), ['token-created event info 1', 'token-created event info 2']);
    assert.deepEqual([changes.created, findings.info], [2, 2]);
  });

  test('is not approved without each of the four fields, by its owner, or if its owner was never known', async (context) => {
    await using bench = await startAuditBench(context, [other]);
    const rows: Record<number, RegisterRow> = {
      1: someRow({ responsible: '' }),
      2: someRow({ decision: null }),
      3: someRow({ decidedOn: null }),
      4: someRow({ decidedBy: '' }),
      5: someRow({ decidedBy: 'Jane Doe <jane@acme.example>' }),
      6: someRow(),
      7: revoked,
    };
    commitRows(bench, rows);
    await bench.completeAudit();
    const tokens = Object.keys(rows).map((number) => someToken(Number(number)));
    bench.omni.organisation.tokens.push(...tokens.map((token) => ({ ...token })));
    Object.assign(bench.people.ownerOf(someToken(5)), { userName: 'jane@acme.example' });
    bench.people.delete(someToken(6).membershipId ?? '');
    const found = (await auditAndRead(bench)).filter((line) => !line.startsWith('owner-missing'));
    assert.deepEqual(found, [
      ...[1, 2, 3, 4, 5, 6, 7].map((number) => `token-created event medium ${number}`),
      ...[1, 2, 3, 4, 5, 6].map((number) => `token-unregistered opened low ${number}`),
      'revocation-pending opened medium 7',
    ]);
  });

  test('that replaces one to be revoked is no rotation, and an approved rotation is for the record only', async (context) => {
    const named = (number: number, name: string) => ({ ...someKey(number), name });
    await using bench = await startAuditBench(context, [
      other,
      named(1, 'export'),
      named(2, 'import'),
      named(3, 'sync'),
    ]);
    commitRows(bench, { 1: someRow(), 2: revoked, 3: someRow() });
    assert.deepEqual(await auditAndRead(bench), ['revocation-pending opened medium 2']);
    revoke(bench, 1, 2, 3);
    // A row that is deleted together with its token said `revoke` to the end.
    commitRows(bench, { 17: someRow(), 18: someRow() });
    bench.omni.organisation.tokens.push(named(0x11, 'export'), named(0x12, 'import'), named(0x13, 'sync'));
    assert.deepEqual(await auditAndRead(bench), [
      'token-rotated event info 11',
      'token-created event info 12',
      'token-rotated event medium 13',
      'token-removed event info 2',
      'token-unregistered opened medium 13',
    ]);
  });
});

describe('a token that is to be revoked', () => {
  test('is pending, escalates seven days after the run that first saw the decision, and ends with the token', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1)]);
    commitRows(bench, { 1: { ...someRow(), ...dueOn('2026-02-01') } });
    assert.deepEqual(await auditAndRead(bench), ['review-overdue opened low 1']);
    bench.clock.advance(msPerDay);
    commitRows(bench, { 1: { ...revoked, ...dueOn('2026-02-01') } });
    assert.deepEqual(await auditAndRead(bench), [
      'revocation-pending opened medium 1',
      'review-overdue resolved info 1',
    ]);
    bench.clock.advance(3 * msPerDay);
    commitRows(bench, { 1: { ...revoked, ticket: 'OPS-13' } });
    assert.deepEqual(await auditAndRead(bench), []);
    bench.clock.advance(4 * msPerDay - 1);
    assert.deepEqual(await auditAndRead(bench), []);
    bench.clock.advance(1);
    assert.deepEqual(await auditAndRead(bench), ['revocation-pending escalated high 1']);
    revoke(bench, 1);
    assert.deepEqual(await auditAndRead(bench), ['token-removed event info 1']);
    assert.deepEqual(bench.rows("SELECT kind FROM conditions WHERE resolved_reason = 'token-removed'"), [
      { kind: 'revocation-pending' },
    ]);
  });

  test('stays pending without its row until the token is removed, and is not remembered when it comes back', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1)]);
    commitRows(bench, { 1: revoked });
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    commitRows(bench, {});
    assert.deepEqual(await auditAndRead(bench), []);
    bench.clock.advance(6 * msPerDay);
    assert.match(await mailOf(bench), /its row was removed, but it stays marked revoke/);
    revoke(bench, 1);
    assert.deepEqual(await auditAndRead(bench), ['token-removed event info 1']);
    commit(bench, broken);
    bench.omni.organisation.tokens.push({ ...someKey(1) });
    assert.deepEqual(await auditAndRead(bench), [
      'token-reappeared event high 1',
      'token-unregistered opened medium 1',
    ]);
  });

  test('that is kept after all is no longer pending, even if its row had vanished, but a row without a decision is not enough', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1), someKey(2)]);
    commitRows(bench, { 1: revoked, 2: revoked });
    await bench.completeAudit();
    commitRows(bench, { 2: revoked });
    assert.deepEqual(await auditAndRead(bench), []);
    commitRows(bench, { 1: someRow({ decision: null }), 2: revoked });
    assert.deepEqual(await auditAndRead(bench), []);
    commitRows(bench, { 1: someRow(), 2: someRow({ responsible: '' }) });
    assert.deepEqual(await auditAndRead(bench), [
      'revocation-pending resolved info 1',
      'token-unregistered opened medium 2',
      'revocation-pending resolved info 2',
    ]);
  });
});

describe('the verdict on a token that did not change', () => {
  test('follows its row in the same audit', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1)]);
    commitRows(bench, {});
    assert.deepEqual(await auditAndRead(bench), ['token-unregistered opened medium 1']);
    bench.clock.advance(2 * msPerDay);
    commitRows(bench, { 1: someRow() });
    assert.deepEqual(await auditAndRead(bench), ['token-unregistered resolved info 1']);
    bench.clock.advance(2 * msPerDay);
    commitRows(bench, {});
    assert.deepEqual(await auditAndRead(bench), ['token-unregistered reopened medium 1']);
  });

  test('follows the name of its owner: who becomes the decider approves nothing', async (context) => {
    await using bench = await startAuditBench(context, [other]);
    commitRows(bench, {});
    bench.people.delete(other.membershipId ?? '');
    const unknown = ['owner-missing opened critical f42a3', 'token-unregistered opened low 63'];
    assert.deepEqual(await auditAndRead(bench), unknown);
    bench.clock.advance(2 * msPerDay);
    bench.people.restore(other.membershipId ?? '');
    assert.deepEqual((await auditAndRead(bench)).at(-1), 'token-unregistered resolved info 63');
    bench.clock.advance(2 * msPerDay);
    bench.people.ownerOf(other).displayName = 'Carol Clark';
    assert.deepEqual(await auditAndRead(bench), ['token-unregistered reopened low 63']);
  });
});

describe('a register', () => {
  test('of the first audit counts in the baseline', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1), someKey(2)]);
    commitRows(bench, { 2: revoked });
    const text = await mailOf(bench);
    assert.match(text, /Pending revocation/);
    assert.match(text, /Unregistered token/);
    assert.doesNotMatch(text, /settings/);
  });

  test('that is switched on reports what is to be revoked, and one that is taken away that it is', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1), someKey(2)]);
    const open = () => bench.rows('SELECT kind, severity FROM conditions WHERE resolved_run_id IS NULL ORDER BY id');
    const unregistered = { kind: 'token-unregistered', severity: 'medium' };
    const pending = { kind: 'revocation-pending', severity: 'medium' };
    await bench.completeAudit();
    commitRows(bench, { 2: revoked });
    const started = await mailOf(bench);
    assert.match(started, /register in effect; .*Pending revocation \(1\).* in effect from now on, with 2 rows\./);
    assert.doesNotMatch(started, /Unregistered token|Changes in the register/);
    assert.deepEqual(open(), [unregistered, pending]);

    commit(bench, { kind: 'none' });
    const text = await mailOf(bench);
    assert.match(text, /TOKEN_REGISTER_FILE is no longer set/);
    assert.match(text, /register, changed: 2 findings opened, changed or closed/);
    assert.deepEqual(open(), []);
    assert.equal(await mailOf(bench), '');
    bench.clock.advance(8 * msPerDay);
    commitRows(bench, { 2: revoked });
    assert.deepEqual(await auditAndRead(bench), ['revocation-pending reopened medium 2']);
    assert.deepEqual(open(), [unregistered, pending]);
  });

  test('that is wrong is reported once each time, and its last good state counts', async (context) => {
    await using bench = await startAuditBench(context, [other, someKey(1)]);
    commitRows(bench, { 1: revoked });
    await bench.completeAudit();
    commit(bench, broken);
    assert.match(await mailOf(bench), /ATTENTION: .* TOKEN_REGISTER_FILE, line 3: bad\. Its last good state counts\./);
    bench.clock.advance(7 * msPerDay);
    const text = await mailOf(bench);
    assert.match(text, /Pending revocation/);
    assert.match(text, /line 3: bad/);
    assert.equal(await mailOf(bench), '');
    commitRows(bench, { 1: revoked });
    assert.match(await mailOf(bench), /Register readable again/);
    commit(bench, broken);
    assert.match(await mailOf(bench), /line 3: bad/);
    assert.equal(await mailOf(bench), '');
  });

  test('that was never good does not count', async (context) => {
    await using bench = await startAuditBench(context, [other]);
    commit(bench, broken);
    assert.match(await mailOf(bench), /line 3: bad\. It has no good state that counts\./);
    assert.deepEqual(bench.rows('SELECT kind FROM conditions'), []);
    commitRows(bench, { 99: revoked });
    await bench.completeAudit();
    assert.deepEqual(bench.rows('SELECT kind FROM conditions'), [{ kind: 'revocation-pending' }]);
  });

  test('whose rows changed is reported in the next mail, once', async (context) => {
    await using bench = await startAuditBench(context, [other, someToken(1)]);
    commitRows(bench, { 1: someRow(), 2: someRow(), 3: someRow() });
    await bench.completeAudit();
    const weekly = someRow({ purpose: 'weekly export' });
    commitRows(bench, { 1: weekly, 2: someRow({ ticket: 'OPS-13' }) });
    assert.equal(await mailOf(bench), '');
    commitRows(bench, { 1: weekly, 2: someRow(), 4: weekly });
    bench.omni.organisation.tokens.push({ ...someToken(5) });
    const text = await mailOf(bench);
    const [from, to] = ['nightly', 'weekly'].map((name) => `"Ann Archer" for "${name} export", [^→]*`);
    assert.match(text, /Changes in the register \(3\)/);
    assert.match(text, new RegExp(`"token 1" ${from} → ${to} id .*3 . A token .*no audit has seen`));
    assert.match(text, new RegExp(`${from} → no row id .*no row → ${to}`));
    bench.omni.organisation.tokens.push({ ...someToken(6) });
    assert.doesNotMatch(await mailOf(bench), /Changes in the register/);
  });
});
