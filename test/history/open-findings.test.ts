import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../src/rules/finding.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, keyOfAge, revoke, short, unacknowledge } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

function openFindings({ store, clock }: AuditBench): Finding[] {
  return [...store.history.openFindings(clock.now())];
}

function inShort(bench: AuditBench): string[] {
  return openFindings(bench).map(({ kind, severity, subject }) => [kind, severity, short(subject.id)].join(' '));
}

describe('the open findings', () => {
  test('have the token, its owner and its age as of now, the longest open first', async (context) => {
    const bench = await startAuditBench(context, [
      keyOfAge(1, 100),
      someToken(2, { membershipId: jane, type: 'service', enabled: false }),
      keyOfAge(3, 60),
    ]);
    assert.deepEqual(openFindings(bench), []);
    await bench.completeAudit();
    bench.clock.advance(31 * msPerDay);
    Object.assign(bench.people.ownerOf({ ...someToken(2), membershipId: jane }), {
      displayName: 'Jane Roe',
      active: false,
    });
    change(bench, uuid(1), { name: 'another name' });
    await bench.completeAudit();
    bench.clock.advance(msPerDay);
    const open = openFindings(bench);
    const [ofOwner] = open.filter(({ subject }) => subject.type === 'owner');
    assert.deepEqual(
      open
        .filter(({ token }) => token !== null)
        .map(({ kind, transition, severity, token, owner, detail }) => [
          ...[kind, transition, severity, token?.name, owner?.displayName ?? null, detail],
        ]),
      [
        ['token-stale', 'opened', 'low', 'another name', null, { ageDays: 132, thresholdDays: 90 }],
        ['token-type-unknown', 'opened', 'medium', 'token 2', 'Jane Roe', {}],
        ['token-stale', 'opened', 'low', 'token 3', null, { ageDays: 92, thresholdDays: 90 }],
        [
          ...['token-disabled-lingering', 'opened', 'low', 'token 2', 'Jane Roe'],
          { since: someMorning.toISOString(), ageDays: 32, thresholdDays: 30 },
        ],
      ],
    );
    assert.deepEqual(ofOwner?.subject, { type: 'owner', id: jane });
    const { owner, tokens } = factsOfKind(ofOwner, 'owner-deactivated');
    assert.deepEqual([owner, tokens.map(({ id }) => id)], [ofOwner?.owner, [uuid(2)]]);
  });

  test('leave out what is resolved, and what is acknowledged until the acknowledgement is revoked', async (context) => {
    const bench = await startAuditBench(context, [keyOfAge(1, 200), keyOfAge(2, 120), keyOfAge(3, 100)]);
    await bench.completeAudit();
    const [id = 0] = acknowledge(bench, uuid(1));
    assert.deepEqual(inShort(bench), ['token-stale low 2', 'token-stale low 3']);
    revoke(bench, 2);
    await bench.completeAudit();
    assert.deepEqual(inShort(bench), ['token-stale low 3']);
    unacknowledge(bench, id);
    assert.deepEqual(inShort(bench), ['token-stale medium 1', 'token-stale low 3']);
  });
});
