import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FindingTurn } from '../../src/domain/finding.ts';
import { findingKinds } from '../../src/domain/finding-catalogue.ts';
import { findingDetail, findingTitle, tokenSummary } from '../../src/text/finding-text.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };

describe('the title of a finding', () => {
  const turns: [FindingTurn, string][] = [
    ['opened', 'Stale token'],
    ['worsened', 'Stale token, a step worse'],
    ['eased', 'Stale token'],
    ['reopened', 'Stale token, again'],
    ['resolved', 'Stale token: resolved'],
  ];
  for (const [turn, title] of turns) {
    test(`says "${title}" when it ${turn === 'eased' || turn === 'opened' ? 'has' : 'is'} ${turn}`, () => {
      assert.equal(findingTitle('token-stale', turn), title);
    });
  }

  test('is that of its kind for an event', () => {
    assert.equal(findingTitle('token-created', 'event'), 'New token');
  });
});

describe('the detail of a finding', () => {
  test('quotes both names of a renamed token', () => {
    const detail = findingDetail({ kind: 'token-renamed', turn: 'event', detail: { before: '', after: 'b"\u202e' } });

    assert.equal(detail, '"" → "b"⟨U+202E⟩"');
  });

  test('calls it nobody where there is no owner', () => {
    const detail = findingDetail({ kind: 'token-owner-changed', turn: 'event', detail: { before: null, after: 'c3' } });

    assert.equal(detail, 'owner nobody → c3');
  });

  test('quotes types, which are as untrusted as names', () => {
    const changed = findingDetail({
      kind: 'token-type-changed',
      turn: 'event',
      detail: { before: 'mcp', after: 'a\nb' },
    });
    const first = findingDetail({ kind: 'type-first-seen', turn: 'event', detail: { value: 'service' } });

    assert.equal(changed, 'type "mcp" → "a⟨U+000A⟩b"');
    assert.equal(first, 'type "service"');
  });

  test('tells both dates of a token whose creation changed', () => {
    const detail = findingDetail({
      kind: 'token-created-at-changed',
      turn: 'event',
      detail: { before: '2026-03-01T00:00:00.000Z', after: '2026-03-02T00:00:00.000Z' },
    });

    assert.equal(detail, 'created 2026-03-01T00:00:00.000Z → 2026-03-02T00:00:00.000Z');
  });

  test('tells which way a token was switched', () => {
    assert.equal(findingDetail({ kind: 'token-enabled', turn: 'event', detail: {} }), 'disabled → enabled');
    assert.equal(findingDetail({ kind: 'token-disabled', turn: 'event', detail: {} }), 'enabled → disabled');
  });

  test('tells the age of a stale token and the threshold it reached', () => {
    const stale = { kind: 'token-stale', turn: 'opened' } as const;

    const old = findingDetail({ ...stale, detail: { ageDays: 181, thresholdDays: 180 } });
    const young = findingDetail({ ...stale, detail: { ageDays: 1, thresholdDays: 1 } });

    assert.match(old, /^181 days old\b.*\b180$/);
    assert.match(young, /^1 day old\b.*\b1$/);
  });

  test('is empty once the condition is resolved', () => {
    const detail = { ageDays: 181, thresholdDays: 180 };

    assert.equal(findingDetail({ kind: 'token-stale', turn: 'resolved', detail }), '');
  });

  test('stays on one line for every kind with every hostile name', () => {
    for (const kind of findingKinds) {
      for (const { name } of hostile.tokens) {
        const detail = findingDetail({ kind, turn: 'event', detail: { before: 'x', after: 'x', value: name } });
        const renamed = findingDetail({ kind: 'token-renamed', turn: 'event', detail: { before: name, after: name } });

        assert.doesNotMatch(detail + renamed, /[\p{Cc}\p{Cf}]/u);
      }
    }
  });
});

describe('the summary of a token', () => {
  const createdAt = '2026-03-01T00:00:00.000Z';

  test('tells type, creation and age', () => {
    const summary = tokenSummary({ type: 'organization', createdAt }, 1);

    assert.equal(summary, 'organization token, created 2026-03-01 (1 day old)');
  });

  test('calls an MCP token a grant, as Omni does', () => {
    assert.equal(tokenSummary({ type: 'mcp', createdAt }, 2), 'MCP grant, created 2026-03-01 (2 days old)');
  });

  test('shows and cuts a type that nobody knows', () => {
    const summary = tokenSummary({ type: `\u001b[31m${'x'.repeat(95)}`, createdAt }, 0);

    assert.match(summary, /^⟨U\+001B⟩\[31mx{35}… \(100 characters\) token, created 2026-03-01 \(0 days old\)$/);
  });
});
