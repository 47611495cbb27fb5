import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventSeverity } from '../../src/rules/catalogue.ts';
import type { Token } from '../../src/rules/token.ts';
import { type TokenChange, tokenEvents } from '../../src/rules/token-events.ts';

const token: Token = {
  id: '6513270e-269e-4d37-b2a7-4de452e6b438',
  name: 'nightly export',
  type: 'organization',
  enabled: true,
  createdAt: '2026-03-01T00:00:00.000Z',
  membershipId: null,
};

const none: ReadonlySet<string> = new Set();

/** The events of a change, with the severity of each. */
function eventsOf(change: TokenChange, confirmedRemovals: ReadonlySet<string>) {
  const events = tokenEvents(change, confirmedRemovals);
  return events.map((event) => ({ ...event, severity: eventSeverity(event.kind, event.token.type) }));
}

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

      assert.deepEqual(eventsOf({ kind: 'appeared', after, seenBefore: false }, none), [
        { kind: 'token-created', severity, token: after, detail: {} },
      ]);
    });
  }

  test('under an id that had been removed is no new token but one that is back', () => {
    assert.deepEqual(eventsOf({ kind: 'appeared', after: token, seenBefore: true }, none), [
      { kind: 'token-reappeared', severity: 'high', token, detail: {} },
    ]);
  });
});

describe('a token that vanished', () => {
  for (const [confirmed, ids] of [
    [true, [token.id, 'another']],
    [false, ['another']],
  ] as const) {
    test(`is reported as it was last listed, and as ${confirmed ? '' : 'not '}confirmed`, () => {
      assert.deepEqual(eventsOf({ kind: 'vanished', before: token }, new Set(ids)), [
        { kind: 'token-removed', severity: 'info', token, detail: { confirmed } },
      ]);
    });
  }
});

describe('a token that was altered', () => {
  const changes = [
    [
      'token-identity-changed',
      'critical',
      { type: 'mcp' },
      { changes: [{ field: 'type', before: 'organization', after: 'mcp' }] },
    ],
    [
      'token-identity-changed',
      'critical',
      { membershipId: 'c3d4', createdAt: '2026-03-02T00:00:00.000Z' },
      {
        changes: [
          { field: 'membershipId', before: null, after: 'c3d4', owners: { before: null, after: null } },
          { field: 'createdAt', before: '2026-03-01T00:00:00.000Z', after: '2026-03-02T00:00:00.000Z' },
        ],
      },
    ],
    ['token-renamed', 'low', { name: '' }, { before: 'nightly export', after: '' }],
    ['token-disabled', 'info', { enabled: false }, {}],
  ] as const;
  for (const [kind, severity, difference, detail] of changes) {
    test(`is ${kind} (${severity}) and nothing else when ${Object.keys(difference).join(' and ')} changed`, () => {
      const after = { ...token, ...difference };

      assert.deepEqual(eventsOf({ kind: 'altered', before: token, after }, none), [
        { kind, severity, token: after, detail },
      ]);
    });
  }

  test('tells that it works again when it was enabled', () => {
    const before = { ...token, enabled: false };

    assert.deepEqual(eventsOf({ kind: 'altered', before, after: token }, none), [
      { kind: 'token-enabled', severity: 'high', token, detail: {} },
    ]);
  });

  test('is one event for its identity, however much of it changed, and one for each other thing', () => {
    const after: Token = {
      id: token.id,
      name: 'other',
      type: 'personal',
      enabled: false,
      createdAt: '2026-03-02T00:00:00.000Z',
      membershipId: 'c3d4',
    };

    const kinds = eventsOf({ kind: 'altered', before: token, after }, none).map(({ kind }) => kind);

    assert.deepEqual(kinds, ['token-identity-changed', 'token-renamed', 'token-disabled']);
  });

  test('tells nothing when nothing changed', () => {
    assert.deepEqual(eventsOf({ kind: 'altered', before: token, after: { ...token } }, none), []);
  });
});
