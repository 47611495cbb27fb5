import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ageText, findingDetail, findingTitle, ownerName, ownerState, typeName } from '../../src/digest/wording.ts';
import { findingKinds } from '../../src/rules/catalogue.ts';
import type { FindingOwner, Transition } from '../../src/rules/finding.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../support/unseen.ts';

describe('the title of a finding', () => {
  const turns: [Transition, string][] = [
    ['opened', 'Stale token'],
    ['escalated', 'Stale token, a step worse'],
    ['eased', 'Stale token'],
    ['reopened', 'Stale token, again'],
    ['expired', 'Stale token, acknowledged no longer'],
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
  test('quotes both names of a renamed token', () => {
    const detail = findingDetail({
      kind: 'token-renamed',
      transition: 'event',
      detail: { before: '', after: 'b"\u202e' },
    });

    assert.equal(detail, '"" → "b"⟨U+202E⟩"');
  });

  test('quotes types, which are as untrusted as names', () => {
    const changed = findingDetail({
      kind: 'token-type-changed',
      transition: 'event',
      detail: { before: 'mcp', after: 'a\nb' },
    });
    const first = findingDetail({ kind: 'type-first-seen', transition: 'event', detail: { value: 'service' } });

    assert.equal(changed, 'type "mcp" → "a⟨U+000A⟩b"');
    assert.equal(first, 'type "service"');
  });

  test('shows what the credential was and is without what could fool a reader', () => {
    const detail = { before: 'user-scoped, A\u202eB', after: `user-scoped,\n${'x'.repeat(87)}` };

    const told = findingDetail({ kind: 'credential-changed', transition: 'event', detail });

    assert.equal(told, `user-scoped, A⟨U+202E⟩B → user-scoped,⟨U+000A⟩${'x'.repeat(67)}… (100 characters)`);
  });

  test('quotes a type, which is as untrusted as names', () => {
    const told = findingDetail({ kind: 'type-first-seen', transition: 'event', detail: { value: 'last\nUsedAt' } });

    assert.equal(told, 'type "last⟨U+000A⟩UsedAt"');
  });

  test('is empty once the condition is resolved', () => {
    const detail = { ageDays: 181, thresholdDays: 180 };

    assert.equal(findingDetail({ kind: 'token-stale', transition: 'resolved', detail }), '');
  });

  test('stays on one line for every kind, with every hostile name in every place', () => {
    for (const kind of findingKinds) {
      for (const { name } of hostile.tokens) {
        const told = findingDetail({ kind, transition: 'event', detail: { before: name, after: name, value: name } });

        assert.doesNotMatch(told, unseen);
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
    assert.equal(ageText('2026-03-01T23:59:59.000Z', 267), '267 days, created 2026-03-01');
    assert.equal(ageText('2026-03-01T00:00:00.000Z', 1), '1 day, created 2026-03-01');
    assert.equal(ageText('2026-03-01T00:00:00.000Z', 0), '0 days, created 2026-03-01');
  });
});

describe('an owner', () => {
  const jane: FindingOwner = {
    state: 'active',
    userName: 'jane@acme.example',
    displayName: 'Jane Doe',
    lastLogin: null,
  };

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
