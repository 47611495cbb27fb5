import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Token } from '../../src/rules/token.ts';
import { tokenEvents } from '../../src/rules/token-events.ts';

const token: Token = {
  id: '6513270e-269e-4d37-b2a7-4de452e6b438',
  name: 'nightly export',
  type: 'organization',
  enabled: true,
  createdAt: '2026-03-01T00:00:00.000Z',
  membershipId: null,
};

describe('a token that appeared', () => {
  const severities = [
    ['organization', 'high'],
    ['personal', 'medium'],
    ['mcp', 'medium'],
    ['service', 'medium'],
  ] as const;
  for (const [type, severity] of severities) {
    test(`is one new token of severity ${severity} when its type is ${type}`, () => {
      const after = { ...token, type };

      assert.deepEqual(tokenEvents({ kind: 'appeared', after, seenBefore: false }), [
        { kind: 'token-created', severity, token: after, detail: {} },
      ]);
    });
  }

  test('under an id that had been removed is no new token but one that is back', () => {
    assert.deepEqual(tokenEvents({ kind: 'appeared', after: token, seenBefore: true }), [
      { kind: 'token-reappeared', severity: 'high', token, detail: {} },
    ]);
  });
});

describe('a token that vanished', () => {
  test('is told as it was last listed', () => {
    assert.deepEqual(tokenEvents({ kind: 'vanished', before: token }), [
      { kind: 'token-removed', severity: 'info', token, detail: {} },
    ]);
  });
});

describe('a token that was altered', () => {
  const changes = [
    ['token-owner-changed', 'critical', { membershipId: 'c3d4' }, { before: null, after: 'c3d4' }],
    ['token-type-changed', 'critical', { type: 'mcp' }, { before: 'organization', after: 'mcp' }],
    [
      'token-created-at-changed',
      'critical',
      { createdAt: '2026-03-02T00:00:00.000Z' },
      { before: '2026-03-01T00:00:00.000Z', after: '2026-03-02T00:00:00.000Z' },
    ],
    ['token-renamed', 'low', { name: '' }, { before: 'nightly export', after: '' }],
    ['token-disabled', 'info', { enabled: false }, {}],
  ] as const;
  for (const [kind, severity, difference, detail] of changes) {
    test(`tells ${kind} (${severity}) and nothing else when that alone changed`, () => {
      const after = { ...token, ...difference };

      assert.deepEqual(tokenEvents({ kind: 'altered', before: token, after }), [
        { kind, severity, token: after, detail },
      ]);
    });
  }

  test('tells that it works again when it was enabled', () => {
    const before = { ...token, enabled: false };

    assert.deepEqual(tokenEvents({ kind: 'altered', before, after: token }), [
      { kind: 'token-enabled', severity: 'high', token, detail: {} },
    ]);
  });

  test('tells one event for each thing that changed', () => {
    const after: Token = {
      id: token.id,
      name: 'other',
      type: 'personal',
      enabled: false,
      createdAt: '2026-03-02T00:00:00.000Z',
      membershipId: 'c3d4',
    };

    const kinds = tokenEvents({ kind: 'altered', before: token, after }).map(({ kind }) => kind);

    assert.deepEqual(kinds.toSorted(), [
      'token-created-at-changed',
      'token-disabled',
      'token-owner-changed',
      'token-renamed',
      'token-type-changed',
    ]);
  });

  test('tells nothing when nothing changed', () => {
    assert.deepEqual(tokenEvents({ kind: 'altered', before: token, after: { ...token } }), []);
  });
});
