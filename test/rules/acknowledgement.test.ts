import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcknowledgementEnd, endByTransition, voidedByEvent } from '../../src/rules/acknowledgement.ts';
import { type FindingKind, findingKinds } from '../../src/rules/catalogue.ts';
import type { Suppression, Transition } from '../../src/rules/finding.ts';

describe('what happens to a token', () => {
  const voiding: Partial<Record<FindingKind, string>> = {
    'token-owner-changed': 'the token has another owner',
    'token-type-changed': 'the token has another type',
    'token-enabled': 'the token was enabled again',
  };
  for (const kind of findingKinds) {
    const what = voiding[kind] ?? null;
    test(`${what === null ? 'leaves its acknowledgements alone' : 'voids them'} when it is ${kind}`, () => {
      assert.equal(voidedByEvent(kind), what);
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
