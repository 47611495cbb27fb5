import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryText } from '../../src/digest/register-wording.ts';
import {
  acknowledgementText,
  ageText,
  findingDetail,
  findingTitle,
  ownerName,
  typeName,
} from '../../src/digest/wording.ts';
import type { KindWithDetail } from '../../src/rules/finding.ts';
import { someRow } from '../support/register-rows.ts';
import { jane, ownersTokens } from './sample-groups.ts';

// Wording that query commands share with mails and that docs/mails does not show.

describe('the detail of a finding', () => {
  const owner = { owner: jane, tokens: ownersTokens(2), tokenCount: 2 };
  const details: [what: string, finding: KindWithDetail, words: string][] = [
    [
      'an owner whose last login is no longer known',
      { kind: 'owner-idle', detail: { ...owner, ageDays: null, thresholdDays: 90 } },
      'last login not known now, past the threshold of 90; holds 2 tokens',
    ],
    ['a condition that has ended', { kind: 'token-stale', detail: null }, ''],
    ['a kind without facts', { kind: 'token-created', detail: {} }, ''],
    ['an empty name', { kind: 'token-renamed', detail: { before: '', after: 'b"' } }, '"" → "b\\""'],
    [
      'a token that had no owner',
      {
        kind: 'token-identity-changed',
        detail: {
          changes: [{ field: 'membershipId', before: null, after: 'c3', owners: { before: null, after: jane } }],
        },
      },
      'owner nobody → "Jane Doe" (jane@acme.example)',
    ],
    [
      'a long role of the credential',
      { kind: 'credential-changed', detail: { before: 'user', after: `user,\n${'x'.repeat(87)}`, isReduced: true } },
      `user → user,⟨U+000A⟩${'x'.repeat(74)}… (93 characters)`,
    ],
  ];
  for (const [what, finding, words] of details) {
    test(`is "${words.slice(0, 40)}" for ${what}`, () => {
      assert.equal(findingDetail(finding, 'UTC'), words);
    });
  }
});

test('a title does not mention that a condition eased, and marks one that was resolved', () => {
  assert.equal(findingTitle('token-stale', 'eased'), 'Stale token');
  assert.equal(findingTitle('token-stale', 'resolved'), 'Stale token: resolved');
});

test('the type and the age of a token are short', () => {
  assert.equal(typeName(`\u001b[31m${'x'.repeat(95)}`), `"⟨U+001B⟩[31m${'x'.repeat(35)}… (100 characters)" token`);
  assert.equal(ageText('2026-03-01T23:59:59.000Z', 1, 'UTC'), '1 day old, created 2026-03-01');
});

test('an acknowledgement in one line has the name and the reason in quotes', () => {
  assert.equal(
    acknowledgementText({ until: '2027-01-31', by: 'Kim: ok, until 2031-01-01', reason: 'see evil.example/x' }),
    'until 2027-01-31 by "Kim: ok, until 2031-01-01": "see evil[.]example/x"',
  );
});

describe('the user name of an owner', () => {
  const plain = ['jane.doe+omni@acme-corp.example', 'jane_doe@localhost'];
  const odd: [userName: string, shown: string][] = [
    ['jane', 'jane'],
    ['jane@acme@example', 'jane@acme@example'],
    ['jäne@acme.example', 'jäne@acme[.]example'],
    ['"jane"@acme.example', '\\"jane\\"@acme[.]example'],
    ['@acme.example', '@acme[.]example'],
    ['www.acme.example@a', 'www[.]acme[.]example@a'],
    [' ', ' '],
    ['a@b.example\n', 'a@b[.]example⟨U+000A⟩'],
  ];

  test('is not quoted if it is a plain address', () => {
    for (const userName of plain) assert.equal(ownerName({ ...jane, userName }, 'c3'), `"Jane Doe" (${userName})`);
  });

  test('is quoted if it could imitate the text around it or become a link', () => {
    for (const [userName, shown] of odd)
      assert.equal(ownerName({ ...jane, userName }, 'c3'), `"Jane Doe" ("${shown}")`);
  });
});

test('the row of a register that was removed is not worded like one that still says revoke', () => {
  const row = someRow({ decision: 'revoke' });
  assert.match(entryText(row, null, null), /revoke, decided by/);
  const vanished = entryText({ ...row, isVanished: true }, null, null);
  assert.equal(vanished, 'its row was removed, but it stays marked revoke until the token is gone');
});
