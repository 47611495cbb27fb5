import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import type { FindingOwner } from '../../src/rules/owner.ts';
import { textOf } from './read-mail.ts';
import { changed, checkWords, digest, jane, ownerGroup, ownersTokens, sampleGroup } from './sample-groups.ts';

// What the documents in docs/mails do not show: the singular or plural that they lack, and rare circumstances.

const created = sampleGroup('token-created', { findings: sampleGroup('token-created').findings.slice(0, 1) });

/** A digest with one new personal token of this owner, whose membership is c3. */
function newTokenOf(owner: FindingOwner | null): MailContent {
  const group = changed(created, (finding) => ({
    ...finding,
    owner,
    token: finding.token && { ...finding.token, type: 'personal', membershipId: 'c3' },
  }));
  return digest({ groups: [group] });
}

describe('the owner of a token', () => {
  const unnamed: FindingOwner = { ...jane, state: 'missing', userName: null, displayName: null, lastLogin: null };
  checkWords([
    ['a deactivated one', newTokenOf({ ...jane, state: 'deactivated' }), '(jane@acme.example): deactivated id '],
    ['a missing one', newTokenOf({ ...jane, state: 'missing' }), '(jane@acme.example): account no longer exists id '],
    ['a missing one who never had a name', newTokenOf(unnamed), 'Owner: membership c3: account no longer exists'],
    ['one who is not known', newTokenOf(null), "created 2026-11-22 id 3f1c9a52-7b1e-4d0a-9c55-000000000014 owner's"],
    ['one with a user name alone', newTokenOf({ ...jane, displayName: '' }), 'Owner: jane@acme.example id '],
    ['one with a display name alone', newTokenOf({ ...jane, userName: null }), 'Owner: "Jane Doe" id '],
    [
      'one whose user name imitates a state',
      newTokenOf({ ...jane, userName: 'jane@acme.example): deactivated' }),
      'Owner: "Jane Doe" ("jane@acme[.]example): deactivated")',
    ],
    [
      'one whose display name imitates a state',
      newTokenOf({ ...jane, displayName: 'CEO" (ceo@acme.example): deactivated' }),
      'Owner: "CEO\\" (ceo@acme[.]example): deactivated" (jane@acme.example)',
    ],
  ]);
});

describe('a finding about an owner', () => {
  const orphaned = (atHand: number, all: number): MailContent =>
    digest({ groups: [ownerGroup('owner-missing', ownersTokens(atHand), all)] });
  checkWords([
    [
      'a disabled token',
      digest({ groups: [ownerGroup('owner-missing', ownersTokens(1, { enabled: false }))] }),
      'personal token, 267 days old, created 2026-03-01, disabled id held-1',
    ],
    [
      'one token more than are shown',
      orphaned(21, 21),
      'holds 21 tokens 1 token not shown here: omni-token-audit tokens',
    ],
    ['many more than are at hand', orphaned(50, 1234), '1214 tokens not shown here: omni-token-audit tokens'],
    [
      'an owner who was never known',
      digest({ groups: [changed(sampleGroup('owner-missing'), (finding) => ({ ...finding, owner: null }))] }),
      '* membership 3f1c9a52-7b1e-4d0a-9c55-000000009004 holds 1 token - ',
    ],
    [
      'a resolved one of an owner who was never known',
      digest({
        groups: [changed(sampleGroup('owner-idle', { transition: 'resolved' }), (each) => ({ ...each, owner: null }))],
      }),
      '* membership 3f1c9a52-7b1e-4d0a-9c55-000000009003: no longer',
    ],
  ]);

  test('shows twenty tokens', () => {
    assert.equal(textOf(orphaned(20, 20)).split('id held-').length, 1 + 20);
    assert.equal(textOf(orphaned(21, 21)).split('id held-').length, 1 + 20);
    assert.doesNotMatch(textOf(orphaned(20, 20)), /not shown here/);
  });
});
