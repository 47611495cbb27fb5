import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msPerDay, type Token } from '../../src/domain/token.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someToken, uuid } from '../support/tokens.ts';

function key(number: number, ageDays: number, fields: Partial<Token> = {}): Token {
  const createdAt = new Date(someMorning.getTime() - ageDays * msPerDay - number).toISOString();
  return someToken(number, { type: 'organization', membershipId: null, createdAt, ...fields });
}

function inShort({ store, clock }: AuditBench): string[] {
  return store.standing(clock.now()).map(({ kind, severity, count }) => `${kind} ${severity} ${count}`);
}

describe('what stands', () => {
  test('is nothing where nothing is open', async (context) => {
    await using bench = await startAuditBench(context, [key(1, 1)]);
    assert.deepEqual(bench.store.standing(bench.clock.now()), []);
    await bench.completeAudit();
    assert.deepEqual(bench.store.standing(bench.clock.now()), []);
  });

  test('is grouped by kind and severity, oldest first, with age and threshold of now', async (context) => {
    await using bench = await startAuditBench(context, [
      key(1, 100),
      key(2, 120),
      key(3, 200),
      key(4, 10, { type: 'service' }),
    ]);
    await bench.completeAudit();
    bench.clock.advance(2 * msPerDay);
    assert.deepEqual(inShort(bench), ['token-stale low 2', 'token-stale medium 1', 'token-type-unknown medium 1']);
    const [low] = bench.store.standing(bench.clock.now());
    assert.deepEqual(
      low?.findings.map(({ token, detail }) => [token?.id, detail]),
      [
        [uuid(2), { ageDays: 122, thresholdDays: 90 }],
        [uuid(1), { ageDays: 102, thresholdDays: 90 }],
      ],
    );
    assert.equal(low?.turn, 'opened');
  });

  test('shows the token as it is now, and forgets what was resolved', async (context) => {
    await using bench = await startAuditBench(context, [key(1, 100), key(2, 100)]);
    await bench.completeAudit();
    bench.omni.organisation.tokens.splice(0, 1);
    Object.assign(bench.omni.organisation.tokens[0] ?? {}, { name: 'renamed since' });
    await bench.completeAudit();
    const [group, ...others] = bench.store.standing(bench.clock.now());
    assert.equal(others.length, 0);
    assert.deepEqual(
      group?.findings.map(({ token }) => token?.name),
      ['renamed since'],
    );
  });

  test('counts exactly where it shows the first fifty', async (context) => {
    await using bench = await startAuditBench(
      context,
      Array.from({ length: 73 }, (_, index) => key(index + 1, 100)),
    );
    await bench.completeAudit();
    const [group] = bench.store.standing(bench.clock.now());
    assert.equal(group?.count, 73);
    assert.equal(group.findings.length, 50);
  });
});
