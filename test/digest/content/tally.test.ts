import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gravity, inReadingOrder, tally } from '../../../src/digest/content/tally.ts';
import { heldTokens, type SampleGroup, sampleGroup } from './sample-report.ts';

function groupsOf(...samples: SampleGroup[]): ReturnType<typeof sampleGroup>[] {
  return samples.map(sampleGroup);
}

describe('groups of findings', () => {
  test('are read worst first, within a severity as the catalogue has them, without resolved ones', () => {
    const groups = groupsOf(
      { kind: 'token-stale', transition: 'resolved', severity: 'high' },
      { kind: 'token-removed', severity: 'info' },
      { kind: 'token-stale', transition: 'opened', severity: 'high' },
      { kind: 'token-disabled', severity: 'info' },
      { kind: 'token-enabled', severity: 'high' },
      { kind: 'token-created', severity: 'medium' },
      { kind: 'token-identity-changed', severity: 'critical' },
      { kind: 'token-created', severity: 'high' },
      { kind: 'token-stale', transition: 'resolved', severity: 'low' },
    );

    const order = inReadingOrder(groups).map(({ severity, kind, transition }) => `${severity} ${kind} ${transition}`);

    assert.deepEqual(order, [
      'critical token-identity-changed event',
      'high token-created event',
      'high token-enabled event',
      'high token-stale opened',
      'medium token-created event',
      'info token-disabled event',
      'info token-removed event',
    ]);
  });

  test('are tallied over their severities and turns, and resolved ones by themselves', () => {
    const groups = groupsOf(
      { kind: 'token-stale', transition: 'resolved', severity: 'low', count: 2 },
      { kind: 'token-type-unknown', transition: 'resolved', severity: 'medium', count: 1 },
      { kind: 'token-stale', transition: 'opened', severity: 'low', count: 4 },
      { kind: 'token-stale', transition: 'escalated', severity: 'medium', count: 1 },
      { kind: 'token-created', severity: 'medium', count: 1 },
      { kind: 'token-created', severity: 'high', count: 120 },
    );

    assert.equal(tally(groups), '121 new, 5 stale, 3 resolved');
  });

  test('about orphaned tokens are tallied by token, whatever orphaned them', () => {
    const groups = groupsOf(
      {
        kind: 'owner-deactivated',
        transition: 'opened',
        severity: 'critical',
        names: ['Jane', 'Sam'],
        tokens: heldTokens(3),
      },
      { kind: 'owner-missing', transition: 'reopened', severity: 'critical', tokens: heldTokens(1) },
      { kind: 'token-created', severity: 'high' },
    );

    assert.equal(tally(groups), '7 orphaned, 1 new');
  });

  test('about other owners, or resolved, are tallied by owner', () => {
    const groups = groupsOf(
      { kind: 'owner-idle', transition: 'opened', severity: 'low', tokens: heldTokens(3) },
      { kind: 'owner-deactivated', transition: 'resolved', severity: 'info', tokens: heldTokens(3) },
    );

    assert.equal(tally(groups), '1 idle, 1 resolved');
  });

  test('are tallied again when an acknowledgement lapsed', () => {
    assert.equal(tally(groupsOf({ kind: 'token-stale', transition: 'expired', severity: 'low', count: 2 })), '2 stale');
  });

  test('are tallied as nothing where there are none', () => {
    assert.equal(tally([]), '');
  });

  const gravities = [
    ['critical', ' (critical)'],
    ['high', ' (high)'],
    ['medium', ''],
    ['low', ''],
    ['info', ''],
  ] as const;
  for (const [severity, expected] of gravities) {
    test(`are ${expected === '' ? 'not grave' : `marked "${expected}"`} when the worst is ${severity}`, () => {
      const groups = groupsOf({ kind: 'token-removed', severity: 'info' }, { kind: 'token-created', severity });

      assert.equal(gravity(groups), expected);
    });
  }

  test('are not grave when all of them are resolved', () => {
    assert.equal(gravity(groupsOf({ kind: 'token-stale', transition: 'resolved', severity: 'high' })), '');
  });
});
