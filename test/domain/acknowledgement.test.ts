import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcknowledgementEnd, endByEvent, endByTurn } from '../../src/domain/acknowledgement.ts';
import type { FindingTurn, Silence } from '../../src/domain/finding.ts';
import { type FindingKind, findingKinds } from '../../src/domain/finding-catalogue.ts';

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
  const table: [turn: FindingTurn, silence: Silence | null, end: AcknowledgementEnd | null][] = [
    ['worsened', null, 'worsened'],
    // Whoever lowers a threshold has not made a token any older than what was accepted.
    ['worsened', 'settings-changed', 'settings-changed'],
    ['resolved', null, 'resolved'],
    ['resolved', 'said-by-event', 'resolved'],
    ['resolved', 'settings-changed', 'settings-changed'],
    ['resolved', 'flapping', 'resolved'],
    ['eased', 'eased', null],
    ['eased', 'settings-changed', null],
    ['opened', null, null],
    ['reopened', null, null],
    ['reopened', 'flapping', null],
    ['lapsed', null, null],
    ['event', null, null],
  ];
  for (const [turn, silence, end] of table) {
    const heard = silence === null ? 'told' : `not told (${silence})`;
    test(`that is ${turn} and ${heard} ${end === null ? 'keeps the acknowledgement' : `ends it (${end})`}`, () => {
      assert.equal(endByTurn(turn, silence), end);
    });
  }
});
