import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupFindings } from '../../src/rules/finding-groups.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, keyOfAge, revoke, short, unacknowledge } from '../support/audit-looks.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { someMorning } from '../support/fake-clock.ts';
import { range } from '../support/range.ts';
import { someToken, uuid } from '../support/tokens.ts';

function inShort({ store, clock }: AuditBench): string[] {
  return groupFindings(store.history.openFindings(clock.now())).map(
    ({ kind, severity, count }) => `${kind} ${severity} ${count}`,
  );
}

describe('what stands', () => {
  test('is nothing where nothing is open', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 1)]);
    assert.deepEqual(groupFindings(bench.store.history.openFindings(bench.clock.now())), []);
    await bench.completeAudit();
    assert.deepEqual(groupFindings(bench.store.history.openFindings(bench.clock.now())), []);
  });

  test('is grouped by kind and severity, oldest first, with age and threshold of now', async (context) => {
    await using bench = await startAuditBench(context, [
      keyOfAge(1, 100),
      keyOfAge(2, 120),
      keyOfAge(3, 200),
      keyOfAge(4, 10, { type: 'service' }),
    ]);
    await bench.completeAudit();
    bench.clock.advance(2 * msPerDay);
    assert.deepEqual(inShort(bench), ['token-stale low 2', 'token-stale medium 1', 'token-type-unknown medium 1']);
    const [low] = groupFindings(bench.store.history.openFindings(bench.clock.now()));
    assert.deepEqual(
      low?.findings.map(({ token, detail }) => [token?.id, detail]),
      [
        [uuid(2), { ageDays: 122, thresholdDays: 90 }],
        [uuid(1), { ageDays: 102, thresholdDays: 90 }],
      ],
    );
    assert.equal(low?.transition, 'opened');
  });

  test('shows the token as it is now, and forgets what was resolved', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), keyOfAge(2, 100)]);
    await bench.completeAudit();
    bench.omni.organisation.tokens.splice(0, 1);
    Object.assign(bench.omni.organisation.tokens[0] ?? {}, { name: 'renamed since' });
    await bench.completeAudit();
    const [group, ...others] = groupFindings(bench.store.history.openFindings(bench.clock.now()));
    assert.equal(others.length, 0);
    assert.deepEqual(
      group?.findings.map(({ token }) => token?.name),
      ['renamed since'],
    );
  });

  test('counts exactly where it shows the first fifty', async (context) => {
    await using bench = await startAuditBench(
      context,
      Array.from({ length: 73 }, (_, index) => keyOfAge(index + 1, 100)),
    );
    await bench.completeAudit();
    const [group] = groupFindings(bench.store.history.openFindings(bench.clock.now()));
    assert.equal(group?.count, 73);
    assert.equal(group.findings.length, 50);
  });

  test('leaves out what is acknowledged, and has it again when that is over', async (context) => {
    await using bench = await startAuditBench(context, [
      keyOfAge(1, 100),
      keyOfAge(2, 101),
      keyOfAge(3, 10, { type: 'service' }),
    ]);
    await bench.completeAudit();
    const [id = 0] = acknowledge(bench, uuid(1));
    acknowledge(bench, uuid(3));
    assert.deepEqual(inShort(bench), ['token-stale low 1']);
    assert.equal(
      groupFindings(bench.store.history.openFindings(bench.clock.now()))[0]?.findings[0]?.token?.id,
      uuid(2),
    );
    unacknowledge(bench, id);
    assert.deepEqual(inShort(bench), ['token-stale low 2']);
  });

  test('of an owner is one finding, that counts and lists what the owner holds now', async (context) => {
    const jane = uuid(0xa);
    const held = Array.from({ length: 60 }, (_, index) => someToken(index + 1, { membershipId: jane }));
    await using bench = await startAuditBench(context, [...held, someToken(99)]);
    bench.people.ownerOf({ ...someToken(1), membershipId: jane }).active = false;
    bench.people.ownerOf({ ...someToken(99) }).active = false;
    await bench.completeAudit();
    revoke(bench, 1, 2);
    await bench.completeAudit();
    const [group, ...others] = groupFindings(bench.store.history.openFindings(bench.clock.now()));
    assert.deepEqual(others, []);
    assert.deepEqual([group?.kind, group?.count, group?.tokenCount], ['owner-deactivated', 2, 59]);
    const [finding] = group?.findings ?? [];
    const { owner, tokenCount, tokens } = factsOfKind(finding, 'owner-deactivated');
    assert.deepEqual(
      [finding?.token, finding?.subject, tokenCount, tokens.length],
      [null, { type: 'owner', id: jane }, 58, 50],
    );
    assert.equal(tokens[0]?.id, uuid(3));
    assert.equal(owner.state, 'deactivated');
    assert.deepEqual(finding?.owner, owner);
  });

  test('knows the owner of a token, and since when it is disabled', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { enabled: false })]);
    await bench.completeAudit();
    bench.clock.advance(31 * msPerDay);
    await bench.completeAudit();
    const [group] = groupFindings(bench.store.history.openFindings(bench.clock.now()));
    assert.equal(group?.kind, 'token-disabled-lingering');
    assert.deepEqual(group.findings[0]?.detail, {
      since: someMorning.toISOString(),
      ageDays: 31,
      thresholdDays: 30,
    });
    assert.equal(group.findings[0]?.owner?.state, 'active');
  });
});

describe('all that stands', () => {
  function numbers({ store, clock }: AuditBench): string[] {
    return [...store.history.openFindings(clock.now())].map(({ subject }) => short(subject.id));
  }

  test('is more than is read at once, without what is acknowledged or resolved', async (context) => {
    const keys = range(1, 1100).map((number) => keyOfAge(number, 100));
    await using bench = await startAuditBench(context, keys);
    await bench.completeAudit();
    for (const number of [1, 500, 1001]) acknowledge(bench, uuid(number));
    revoke(bench, 2, 501);
    await bench.completeAudit();
    const without = new Set([1, 2, 500, 501, 1001]);
    assert.deepEqual(
      numbers(bench),
      range(1, 1100)
        .filter((number) => !without.has(number))
        .toReversed()
        .map((number) => short(uuid(number))),
    );
    assert.equal(groupFindings(bench.store.history.openFindings(bench.clock.now()))[0]?.count, 1095);
  });

  test('begins with what stands the longest', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 89), keyOfAge(2, 100), someToken(3)]);
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    await bench.completeAudit();
    assert.deepEqual(numbers(bench), ['2', '1']);
  });

  test('are the very findings of the summary, with their tokens, owners and ages of now', async (context) => {
    const jane = uuid(0xa);
    await using bench = await startAuditBench(context, [
      keyOfAge(1, 100),
      keyOfAge(2, 200),
      someToken(3, { membershipId: jane }),
      someToken(4, { membershipId: jane, type: 'service', enabled: false }),
    ]);
    const account = bench.people.ownerOf({ ...someToken(3), membershipId: jane });
    account.active = false;
    await bench.completeAudit();
    bench.clock.advance(31 * msPerDay);
    account.displayName = 'Jane Roe';
    change(bench, uuid(1), { name: 'another name' });
    await bench.completeAudit();

    const now = bench.clock.now();
    const all = [...bench.store.history.openFindings(now)];
    const grouped = groupFindings(bench.store.history.openFindings(now)).flatMap(({ findings }) => findings);
    assert.deepEqual(
      all,
      grouped.toSorted((a, b) => a.id - b.id),
    );
    const [first] = all.filter(({ subject }) => subject.id === uuid(1));
    assert.deepEqual([first?.token?.name, first?.detail], ['another name', { ageDays: 131, thresholdDays: 90 }]);
    const owners = all.filter(({ kind }) => kind === 'token-type-unknown').map(({ owner }) => owner?.displayName);
    assert.deepEqual(owners, ['Jane Roe']);
    const deactivated = all.find(({ kind }) => kind === 'owner-deactivated');
    assert.equal(factsOfKind(deactivated, 'owner-deactivated').tokens.length, 2);
    assert.ok(all.some(({ kind }) => kind === 'token-disabled-lingering'));
  });

  test('is nothing where nothing stands', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    await bench.completeAudit();
    assert.deepEqual(numbers(bench), []);
  });
});
