import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcknowledgementEnd, endByTransition, voidedByEvent } from '../../src/rules/acknowledgement.ts';
import type { EventKind } from '../../src/rules/catalogue.ts';
import type { KindWithFacts, Suppression, Transition } from '../../src/rules/finding.ts';
import type { IdentityChange } from '../../src/rules/finding-facts.ts';

describe('an event', () => {
  const type = { field: 'type', before: 'personal', after: 'mcp' } as const;
  const owner = { field: 'membershipId', before: null, after: 'c3', owners: { before: null, after: null } } as const;
  const createdAt = { field: 'createdAt', before: '2026-03-01', after: '2026-03-02' } as const;
  const identity = (...changes: IdentityChange[]) => ({ kind: 'token-identity-changed', detail: { changes } }) as const;
  const table: [name: string, event: KindWithFacts<EventKind>, what: string | null][] = [
    ['that changes the owner voids', identity(owner, type), 'the token has another owner'],
    ['that changes the type voids', identity(type), 'the token has another type'],
    ['that enables the token voids', { kind: 'token-enabled', detail: {} }, 'the token was enabled again'],
    ['that changes only the creation date keeps', identity(createdAt), null],
    ['that renames the token keeps', { kind: 'token-renamed', detail: { before: 'a', after: 'b' } }, null],
  ];
  for (const [name, event, what] of table) {
    test(`${name} the acknowledgements of the token`, () => {
      assert.equal(voidedByEvent(event), what);
    });
  }
});

describe('a transition', () => {
  const escalated: AcknowledgementEnd = { because: 'void', what: 'it escalated' };
  const otherSettings: AcknowledgementEnd = { because: 'void', what: 'the settings of its rule changed' };
  const resolved: AcknowledgementEnd = { because: 'resolved' };
  const table: [transition: Transition, suppressedBy: Suppression | null, end: AcknowledgementEnd | null][] = [
    ['escalated', null, escalated],
    ['escalated', 'settings-changed', otherSettings],
    ['resolved', null, resolved],
    ['resolved', 'flapping', resolved],
    ['resolved', 'settings-changed', otherSettings],
    ['eased', 'settings-changed', null],
    ['reopened', null, null],
  ];
  for (const [transition, suppressedBy, end] of table) {
    const how = suppressedBy === null ? 'reported' : `suppressed (${suppressedBy})`;
    const effect = end === null ? 'keeps the acknowledgement' : `ends the acknowledgement (${end.because})`;
    test(`that is ${transition} and ${how} ${effect}`, () => {
      assert.deepEqual(endByTransition(transition, suppressedBy), end);
    });
  }
});
