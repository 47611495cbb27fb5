import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Token } from '../../src/rules/token.ts';
import { type Removals, type TokenChange, type TokenEvent, tokenEvents } from '../../src/rules/token-events.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someKey } from '../support/tokens.ts';

const key = someKey(1, { name: 'nightly export' });
const altered = { name: 'other', type: 'personal', enabled: false, createdAt: '2026-03-02T00:00:00.000Z' };

function alteration(differences: Partial<Token>, before = key): TokenChange {
  return { kind: 'altered', before, after: { ...before, ...differences } };
}

const nothingRemoved: Removals = {
  confirmed: new Set(),
  rotations: { byNewId: new Map(), replacedIds: new Set() },
};

function withFacts(events: readonly TokenEvent[]): [kind: string, detail: object][] {
  return events.map(({ kind, detail }) => [kind, detail]);
}

const table: [name: string, change: TokenChange, events: [kind: string, detail: object][]][] = [
  ['a new token is created', { kind: 'appeared', after: key, seenBefore: false }, [['token-created', {}]]],
  [
    'a token that had been removed reappears and is not new',
    { kind: 'appeared', after: key, seenBefore: true },
    [['token-reappeared', {}]],
  ],
  [
    'another type changes the identity of a token',
    alteration({ type: 'mcp' }),
    [['token-identity-changed', { changes: [{ field: 'type', before: 'organization', after: 'mcp' }] }]],
  ],
  [
    'an owner and another creation date change its identity in one event',
    alteration({ membershipId: 'c3d4', createdAt: altered.createdAt }),
    [
      [
        'token-identity-changed',
        {
          changes: [
            { field: 'membershipId', before: null, after: 'c3d4', owners: { before: null, after: null } },
            { field: 'createdAt', before: key.createdAt, after: altered.createdAt },
          ],
        },
      ],
    ],
  ],
  ['another name renames it', alteration({ name: '' }), [['token-renamed', { before: 'nightly export', after: '' }]]],
  ['a token is disabled', alteration({ enabled: false }), [['token-disabled', {}]]],
  ['a token is enabled', alteration({ enabled: true }, { ...key, enabled: false }), [['token-enabled', {}]]],
  ['a token that did not change has no events', alteration({}), []],
];

describe('the events of a change', () => {
  for (const [name, change, events] of table) {
    test(name, () => {
      assert.deepEqual(withFacts(tokenEvents(change, nothingRemoved, someMorning)), events);
    });
  }

  test('a token whose every field changed has one event for its identity, one for its name and one for its state', () => {
    const events = tokenEvents(alteration({ ...altered, membershipId: 'c3d4' }), nothingRemoved, someMorning);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['token-identity-changed', 'token-renamed', 'token-disabled'],
    );
    assert.equal(events[0]?.token.name, 'other', 'it is reported as it is now');
  });

  test('a removed token is reported as it was last listed, and as confirmed if Omni answered 404 for its id', () => {
    const removed = (ids: string[]) =>
      tokenEvents({ kind: 'vanished', before: key }, { ...nothingRemoved, confirmed: new Set(ids) }, someMorning);
    assert.deepEqual(removed([key.id, 'another']), [
      { kind: 'token-removed', token: key, detail: { confirmed: true }, suppressedBy: null },
    ]);
    assert.deepEqual(removed(['another']), [
      { kind: 'token-removed', token: key, detail: { confirmed: false }, suppressedBy: null },
    ]);
  });
});
