import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcknowledgementEnd, endByTransition, voidedByEvent } from '../../src/rules/acknowledgement.ts';
import type { EventKind, IdentityChange } from '../../src/rules/catalogue.ts';
import type { KindWithFacts, Suppression, Transition } from '../../src/rules/finding.ts';

describe('what happens to a token', () => {
  const type = { field: 'type', before: 'personal', after: 'mcp' } as const;
  const owner = { field: 'membershipId', before: null, after: 'c3', owners: { before: null, after: null } } as const;
  const createdAt = { field: 'createdAt', before: '2026-03-01', after: '2026-03-02' } as const;
  const identity = (...changes: IdentityChange[]) => ({ kind: 'token-identity-changed', detail: { changes } }) as const;
  const table: [event: KindWithFacts<EventKind>, what: string | null][] = [
    [identity(owner), 'the token has another owner'],
    [identity(type), 'the token has another type'],
    [identity(owner, type), 'the token has another owner'],
    [identity(createdAt), null],
    [{ kind: 'token-enabled', detail: {} }, 'the token was enabled again'],
    [{ kind: 'token-disabled', detail: {} }, null],
    [{ kind: 'token-renamed', detail: { before: 'a', after: 'b' } }, null],
  ];
  for (const [event, what] of table) {
    test(`${what === null ? 'leaves its acknowledgements alone' : `voids them (${what})`} when it is ${event.kind}`, () => {
      assert.equal(voidedByEvent(event), what);
    });
  }
});

describe('a transition of an acknowledged condition', () => {
  const escalated: AcknowledgementEnd = { because: 'void', what: 'it escalated' };
  const otherSettings: AcknowledgementEnd = { because: 'void', what: 'the settings of its rule changed' };
  const resolved: AcknowledgementEnd = { because: 'resolved' };
  const table: [transition: Transition, suppressedBy: Suppression | null, end: AcknowledgementEnd | null][] = [
    ['escalated', null, escalated],
    // A lower threshold has not made a token any older than what was accepted.
    ['escalated', 'settings-changed', otherSettings],
    ['resolved', null, resolved],
    ['resolved', 'event', resolved],
    ['resolved', 'settings-changed', otherSettings],
    ['resolved', 'flapping', resolved],
    ['eased', 'eased', null],
    ['eased', 'settings-changed', null],
    ['opened', null, null],
    ['reopened', null, null],
    ['reopened', 'flapping', null],
    ['expired', null, null],
    ['event', null, null],
  ];
  for (const [transition, suppressedBy, end] of table) {
    const heard = suppressedBy === null ? 'reported' : `suppressed (${suppressedBy})`;
    const effect = end === null ? 'keeps the acknowledgement' : `ends it (${end.because})`;
    test(`that is ${transition} and ${heard} ${effect}`, () => {
      assert.deepEqual(endByTransition(transition, suppressedBy), end);
    });
  }
});
