import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type ApprovalGap,
  approvalGap,
  isApproved,
  isSelfReview,
  type RegisterEntry,
  type RegisterOwner,
} from '../../src/rules/register.ts';
import { someRow } from '../support/register-rows.ts';
import { uuid } from '../support/tokens.ts';

const jane = ownerOf('jane@acme.example', 'Jane Doe');
const unowned: RegisterOwner = { membershipId: null, owner: null };

function ownerOf(userName: string | null, displayName: string | null): RegisterOwner {
  return { membershipId: uuid(0xa), owner: { userName, displayName } };
}

describe('a row', () => {
  const table: [what: string, entry: RegisterEntry | null, owner: RegisterOwner, gap: ApprovalGap | null][] = [
    ['with all four fields approves a token of somebody else', someRow(), jane, null],
    ['with all four fields approves a token without an owner', someRow(), unowned, null],
    ['needs neither purpose nor ticket', someRow({ purpose: '', ticket: '' }), jane, null],
    ['that is missing approves nothing', null, unowned, 'no-row'],
    ['without a decision approves nothing', someRow({ decision: null }), unowned, 'no-decision'],
    ['with the decision to revoke approves nothing', someRow({ decision: 'revoke' }), unowned, 'no-decision'],
    ['without a responsible approves nothing', someRow({ responsible: '' }), unowned, 'no-responsible'],
    ['without the day of the decision approves nothing', someRow({ decidedOn: null }), unowned, 'no-date'],
    ['without a decider approves nothing', someRow({ decidedBy: '' }), unowned, 'no-decider'],
    ['of which the owner decided approves nothing', someRow({ decidedBy: 'Jane Doe' }), jane, 'self-review'],
    [
      'approves nothing if nothing was ever known about the owner',
      someRow(),
      { ...jane, owner: null },
      'owner-unknown',
    ],
    ['approves nothing if no name of the owner is known', someRow(), ownerOf(null, null), 'owner-unknown'],
    ['approves nothing if the names of the owner are empty', someRow(), ownerOf('', ''), 'owner-unknown'],
    ['approves a token if only the address of its owner is known', someRow(), ownerOf('jane@acme.example', null), null],
    ['approves a token if only the name of its owner is known', someRow(), ownerOf(null, 'Jane Doe'), null],
    ['with a decider of nothing but quotes approves nothing', someRow({ decidedBy: '"\' "' }), unowned, 'no-decider'],
    ['with an invisible decider approves nothing', someRow({ decidedBy: '\u200b\u00ad' }), unowned, 'no-decider'],
    ['with an invisible responsible approves nothing', someRow({ responsible: '\u2060' }), unowned, 'no-responsible'],
  ];
  for (const [what, entry, owner, gap] of table) {
    test(what, () => {
      assert.equal(approvalGap(entry, owner), gap);
      assert.equal(isApproved({ entry, owner, overdueAt: null, revokeSince: null }), gap === null);
    });
  }

  test('is needed for an approval, and so is a register', () => assert.equal(isApproved(null), false));
});

function decides(decidedBy: string, owner: RegisterOwner): boolean {
  return isSelfReview(someRow({ decidedBy }), owner);
}

describe('the owner jane@acme.example, "Jane Doe", decided if the register names', () => {
  const deciders = {
    'the address': 'jane@acme.example',
    'the address in capitals': 'JANE@Acme.Example',
    'the address in full width': 'ｊａｎｅ＠ａｃｍｅ．ｅｘａｍｐｌｅ',
    'the address in angle brackets': '<jane@acme.example>',
    'the address as a link': 'mailto:jane@acme.example',
    'the address at the end of a sentence': 'decided by jane@acme.example.',
    'the address with another name': 'J. Roe <jane@acme.example>',
    'the address of a colleague and that of the owner': 'bob@acme.example, jane@acme.example',
    'an address that contains hers, and hers': 'mary.jane@acme.example and jane@acme.example',
    'the part of the address before its @': 'jane',
    'that part in capitals': 'JANE',
    'the display name': 'Jane Doe',
    'the display name in capitals': 'JANE DOE',
    'the display name in quotes': '"Jane Doe"',
    'the display name in single quotes': "'Jane Doe'",
    'the display name with more and odd spaces': ' Jane\u00a0 \tDoe ',
    'the display name with an invisible character': 'Jane\u200b Doe',
    'the display name with another address': 'Jane Doe <jane@elsewhere.example>',
    'the display name in quotes with another address': '"Jane Doe" <jane@elsewhere.example>',
    'the display name with a remark in brackets': 'Jane Doe (security)',
    'the display name with a remark': 'Jane Doe, in the meeting',
    'the membership id': uuid(0xa),
    'the membership id in capitals': uuid(0xa).toUpperCase(),
  };
  for (const [what, decidedBy] of Object.entries(deciders)) {
    test(what, () => assert.equal(decides(decidedBy, jane), true));
  }
});

describe('somebody else decided if the register names', () => {
  const deciders = {
    nobody: '',
    'a colleague': 'Bob Berg <bob@acme.example>',
    'somebody with the same first name': 'Jane Miller',
    'somebody with the same last name': 'John Doe',
    'somebody whose last name begins like hers': 'Jane Doerr',
    'somebody with a double last name': 'Jane Doe-Smith',
    'somebody whose name ends like hers': 'Mary-Jane Doe',
    'somebody whose first name begins like hers': 'Janet Doe',
    'somebody with the same part before the @': 'jane@globex.example',
    'an address that ends like hers': 'mary-jane@acme.example',
    'an address that ends like hers after a dot': 'Mary Jane <mary.jane@acme.example>',
    'an address whose domain begins like hers': 'jane@acme.example.org',
    'an address whose domain begins like hers without a dot': 'jane@acme.examples',
    'the part before the @ with more letters': 'janet',
    'another membership id': uuid(0xb),
  };
  for (const [what, decidedBy] of Object.entries(deciders)) {
    test(what, () => assert.equal(decides(decidedBy, jane), false));
  }
});

describe('an owner decided', () => {
  const table: [what: string, decidedBy: string, owner: RegisterOwner, isSelf: boolean][] = [
    ['if an apostrophe is part of both names', "Pat O'Hara", ownerOf('pat@acme.example', "Pat O'Hara"), true],
    ['if an apostrophe is part of the address', "<o'hara@acme.example>", ownerOf("o'hara@acme.example", ''), true],
    [
      'if the name is in capitals that have more letters',
      'JAN STRAUSS',
      ownerOf('js@acme.example', 'Jan Strauß'),
      true,
    ],
    ['if letters and marks are written apart', 'Zoe\u0308', ownerOf('z@acme.example', 'Zo\u00eb'), true],
    ['if the user name is no address', 'Robot-7', ownerOf('robot-7', null), true],
    ['but not if only a part of a user name is named', 'Robot', ownerOf('robot-7', null), false],
    ['but not if the user name is no address and only a part of a name', 'Rob Roy', ownerOf('rob', null), false],
    ['if only its membership id is known', uuid(0xa), { membershipId: uuid(0xa), owner: null }, true],
    ['but not if it has no names and nobody is named', '', ownerOf('', ''), false],
    ['but not if it has no names and somebody is named', 'Jane', ownerOf('', ''), false],
    ['but not about a token without an owner', 'Jane Doe', { ...jane, membershipId: null }, false],
  ];
  for (const [what, decidedBy, owner, isSelf] of table) {
    test(what, () => assert.equal(decides(decidedBy, owner), isSelf));
  }
});
