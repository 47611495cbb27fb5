import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcknowledgementEnd, endByEvent, endByTransition } from '../../src/rules/acknowledgement.ts';
import { type FindingKind, findingKinds } from '../../src/rules/catalogue.ts';
import type { Suppression, Transition } from '../../src/rules/finding.ts';

describe('what happens to a token', () => {
  const ending: Partial<Record<FindingKind, AcknowledgementEnd>> = {
    'token-owner-changed': 'owner-changed',
    'token-type-changed': 'type-changed',
    'token-enabled': 're-enabled',
  };
  for (const kind of findingKinds) {
    const end = ending[kind] ?? null;
    test(`${end === null ? 'leaves its acknowledgements alone' : `voids them (${end})`} when it is ${kind}`, () => {
      assert.equal(endByEvent(kind), end);
    });
  }
});

describe('a turn of an acknowledged condition', () => {
  const table: [transition: Transition, suppressedBy: Suppression | null, end: AcknowledgementEnd | null][] = [
    ['escalated', null, 'escalated'],
    // Whoever lowers a threshold has not made a token any older than what was accepted.
    ['escalated', 'settings-changed', 'settings-changed'],
    ['resolved', null, 'resolved'],
    ['resolved', 'event', 'resolved'],
    ['resolved', 'settings-changed', 'settings-changed'],
    ['resolved', 'flapping', 'resolved'],
    ['eased', 'eased', null],
    ['eased', 'settings-changed', null],
    ['opened', null, null],
    ['reopened', null, null],
    ['reopened', 'flapping', null],
    ['expired', null, null],
    ['event', null, null],
  ];
  for (const [transition, suppressedBy, end] of table) {
    const heard = suppressedBy === null ? 'told' : `not told (${suppressedBy})`;
    test(`that is ${transition} and ${heard} ${end === null ? 'keeps the acknowledgement' : `ends it (${end})`}`, () => {
      assert.equal(endByTransition(transition, suppressedBy), end);
    });
  }
});
