import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ageText, findingDetail, findingTitle, ownerName, ownerState, typeName } from '../../src/digest/wording.ts';
import type { KindWithDetail, Transition } from '../../src/rules/finding.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../support/unseen.ts';
import { everyGroup, jane, noName, sampleGroup } from './content/sample-report.ts';

describe('the title of a finding', () => {
  const turns: [Transition, string][] = [
    ['opened', 'Stale token'],
    ['escalated', 'Stale token (escalated)'],
    ['eased', 'Stale token'],
    ['reopened', 'Stale token (reopened)'],
    ['expired', 'Stale token (acknowledgement expired)'],
    ['resolved', 'Stale token: resolved'],
  ];
  for (const [transition, title] of turns) {
    test(`says "${title}" when it ${transition === 'resolved' || transition === 'reopened' ? 'is' : 'has'} ${transition}`, () => {
      assert.equal(findingTitle('token-stale', transition), title);
    });
  }

  test('is that of its kind for an event', () => {
    assert.equal(findingTitle('token-created', 'event'), 'New token');
  });
});

describe('the detail of a finding', () => {
  const owner = { owner: noName, tokens: [] };
  const table: [finding: KindWithDetail, words: string][] = [
    [{ kind: 'owner-deactivated', detail: { ...owner, tokenCount: 1 } }, 'holds 1 token'],
    [{ kind: 'owner-missing', detail: { ...owner, tokenCount: 2 } }, 'holds 2 tokens'],
    [
      { kind: 'owner-idle', detail: { ...owner, tokenCount: 2, ageDays: 91, thresholdDays: 90 } },
      'last log-in 91 days ago, past the threshold of 90; holds 2 tokens',
    ],
    [
      { kind: 'owner-idle', detail: { ...owner, tokenCount: 2, ageDays: null, thresholdDays: 90 } },
      'last log-in not known now, past the threshold of 90; holds 2 tokens',
    ],
    [{ kind: 'token-stale', detail: { ageDays: 267, thresholdDays: 180 } }, '267 days old, past the threshold of 180'],
    [
      {
        kind: 'token-disabled-lingering',
        detail: { since: '2026-11-01T00:00:00.000Z', ageDays: 22, thresholdDays: 20 },
      },
      'seen disabled since 2026-11-01 (22 days), past the threshold of 20',
    ],
    [{ kind: 'token-removed', detail: { confirmed: true } }, 'confirmed: Omni answers that it is gone'],
    [{ kind: 'token-removed', detail: { confirmed: false } }, 'not asked for by its id'],
    [{ kind: 'token-enabled', detail: {} }, 'disabled → enabled'],
    [{ kind: 'token-disabled', detail: {} }, 'enabled → disabled'],
    [{ kind: 'token-created', detail: {} }, ''],
    // Names and types are untrusted.
    [{ kind: 'token-renamed', detail: { before: '', after: 'b"\u202e' } }, '"" → "b"⟨U+202E⟩"'],
    [{ kind: 'type-first-seen', detail: { value: 'a\nb' } }, 'type "a⟨U+000A⟩b"'],
    [
      { kind: 'credential-changed', detail: { before: 'user, A\u202eB', after: `user,\n${'x'.repeat(87)}` } },
      `user, A⟨U+202E⟩B → user,⟨U+000A⟩${'x'.repeat(74)}… (93 characters)`,
    ],
    // What has ended says nothing of its own.
    [{ kind: 'token-stale', detail: null }, ''],
  ];
  for (const [finding, words] of table) {
    test(`is ${words === '' ? 'empty' : words} for ${finding.kind}`, () => {
      assert.equal(findingDetail(finding), words);
    });
  }

  test('names each field of an identity that changed, and the owners as far as they are known', () => {
    const detail = findingDetail({
      kind: 'token-identity-changed',
      detail: {
        changes: [
          { field: 'membershipId', before: null, after: 'c3', owners: { before: null, after: jane } },
          { field: 'type', before: 'mcp', after: 'a\nb' },
          { field: 'createdAt', before: '2026-01-02T00:00:00.000Z', after: '2026-03-01T00:00:00.000Z' },
        ],
      },
    });

    assert.equal(
      detail,
      'owner nobody → "Jane Doe" (jane@acme.example); type "mcp" → "a⟨U+000A⟩b"; created 2026-01-02T00:00:00.000Z → 2026-03-01T00:00:00.000Z',
    );
  });

  test('stays on one line for every kind, with every hostile name in every place', () => {
    for (const { name } of hostile.tokens) {
      const owner = { ...jane, displayName: name, userName: name };
      for (const group of everyGroup(name, 1)) {
        const [finding] = sampleGroup({ ...group, owner, type: name }).findings;
        assert.ok(finding !== undefined);

        assert.doesNotMatch(findingDetail(finding), unseen);
      }
    }
  });
});

describe('the type of a token', () => {
  test('is called as Omni calls it: a key, a grant or a token', () => {
    assert.equal(typeName('organization'), 'organization key');
    assert.equal(typeName('mcp'), 'MCP grant');
    assert.equal(typeName('personal'), 'personal token');
  });

  test('is shown and cut where nobody knows it', () => {
    assert.equal(typeName('service'), 'service token');
    assert.match(typeName(`\u001b[31m${'x'.repeat(95)}`), /^⟨U\+001B⟩\[31mx{35}… \(100 characters\) token$/);
  });

  test('is shown without what could fool a reader, for any hostile name', () => {
    for (const { name } of hostile.tokens) assert.doesNotMatch(typeName(name), unseen);
  });
});

describe('the age of a token', () => {
  test('is told in days, with the day of its creation', () => {
    assert.equal(ageText('2026-03-01T23:59:59.000Z', 267), '267 days old, created 2026-03-01');
    assert.equal(ageText('2026-03-01T00:00:00.000Z', 1), '1 day old, created 2026-03-01');
    assert.equal(ageText('2026-03-01T00:00:00.000Z', 0), '0 days old, created 2026-03-01');
  });
});

describe('an owner', () => {
  test('is called by display name and user name, or by what there is', () => {
    assert.equal(ownerName(jane, 'c3'), '"Jane Doe" (jane@acme.example)');
    assert.equal(ownerName({ ...jane, displayName: '' }, 'c3'), '"jane@acme.example"');
    assert.equal(ownerName({ ...jane, displayName: null }, 'c3'), '"jane@acme.example"');
    assert.equal(ownerName({ ...jane, userName: null }, 'c3'), '"Jane Doe"');
  });

  const userNames: [userName: string, shown: string][] = [
    ['jane.doe+omni@acme-corp.example', 'jane.doe+omni@acme-corp.example'],
    ['jane_doe@localhost', 'jane_doe@localhost'],
    ['jane', '"jane"'],
    ['jane@acme.example): deactivated', '"jane@acme.example): deactivated"'],
    ['jane@acme.example\n', '"jane@acme.example⟨U+000A⟩"'],
    ['jane@acme@example', '"jane@acme@example"'],
    ['jäne@acme.example', '"jäne@acme.example"'],
    ['"jane"@acme.example', '""jane"@acme.example"'],
    ['@acme.example', '"@acme.example"'],
    [' ', '" "'],
  ];
  for (const [userName, shown] of userNames) {
    test(`beside the display name is shown as ${shown}`, () => {
      assert.equal(ownerName({ ...jane, userName }, 'c3'), `"Jane Doe" (${shown})`);
    });
  }

  test('has every hostile user name in quotes', () => {
    for (const name of hostile.tokens.map((token) => token.name).filter((each) => each !== '')) {
      assert.match(ownerName({ ...jane, userName: name }, 'c3'), /^"Jane Doe" \(".+"\)$/);
    }
  });

  test('without a name is called by the membership', () => {
    assert.equal(ownerName({ ...jane, userName: '', displayName: null }, 'c3'), 'membership c3');
    assert.equal(ownerName(null, 'c3'), 'membership c3');
  });

  test('is shown without what could fool a reader, for any hostile name', () => {
    for (const { name } of hostile.tokens) {
      const shown = ownerName({ ...jane, displayName: name, userName: name }, 'c3');

      assert.doesNotMatch(shown + ownerName(null, name), unseen);
      assert.doesNotMatch(shown, /:\/\//);
    }
  });

  test('has a state that is told only where all is not well', () => {
    assert.equal(ownerState({ ...jane, state: 'deactivated' }), 'deactivated');
    assert.equal(ownerState({ ...jane, state: 'missing' }), 'account no longer exists');
    for (const owner of [jane, { ...jane, state: null }, null]) assert.equal(ownerState(owner), '');
  });
});
