import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJudge } from '../../src/rules/judge.ts';
import type { KnownOwner, OwnerState } from '../../src/rules/owner.ts';
import { externalReason } from '../../src/rules/owner-rules.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someMorning } from '../support/fake-clock.ts';

function owner(state: OwnerState, daysSinceLogin: number | null): KnownOwner {
  const lastLogin =
    daysSinceLogin === null ? null : new Date(someMorning.getTime() - daysSinceLogin * msPerDay).toISOString();
  return { state, userName: 'jane@acme.example', displayName: 'Jane Doe', lastLogin, list: 'regular' };
}

const tokenCount = 6;
const deactivated = { kind: 'owner-deactivated', level: tokenCount, severity: 'critical' };
const missing = { kind: 'owner-missing', level: tokenCount, severity: 'critical' };
const idle = { kind: 'owner-idle', level: 90, severity: 'low' };

const table: [name: string, owner: KnownOwner, ownerIdleDays: number, judged: object[], undecided?: string[]][] = [
  ['who logged in recently has no condition', owner('active', 1), 90, []],
  [
    'who is deactivated has only that condition, with the number of tokens as its level',
    owner('deactivated', 4000),
    90,
    [deactivated],
  ],
  ['who is deactivated leaves nothing undecided without a login', owner('deactivated', null), 90, [deactivated]],
  [
    'who is missing has only that condition, with the number of tokens as its level',
    owner('missing', 4000),
    90,
    [missing],
  ],
  ['who is missing and was never known is missing', owner('missing', null), 90, [missing]],
  ['is not idle shortly before the limit', owner('active', 89.98), 90, []],
  ['is idle at the limit', owner('active', 90), 90, [idle]],
  ['is idle years later, at the same level', owner('active', 4000), 90, [idle]],
  ['is idle at the level that the settings define', owner('active', 30), 30, [{ ...idle, level: 30 }]],
  ['is not idle if a skewed clock puts the login in the future', owner('active', -400), 90, []],
  ['without a known login is undecided', owner('active', null), 90, [], ['owner-idle']],
  ['is never idle if the rule is off', owner('active', 4000), 0, []],
  ['without a known login is not idle if the rule is off', owner('active', null), 0, []],
];

describe('an owner', () => {
  for (const [name, account, ownerIdleDays, judged, undecided = []] of table) {
    test(name, () => {
      const verdict = createJudge({ ...defaultRules, ownerIdleDays }).owner(
        { membershipId: 'c3d4', owner: account, tokenCount },
        someMorning,
      );
      assert.deepEqual(verdict, { judged, undecided });
    });
  }
});

const ownerDomains = ['acme.example', 'xn--bcher-kva.example'];

describe('an account of the organisation has an address', () => {
  const addresses = {
    'in one of its domains': 'jane@acme.example',
    'in that domain in capitals': 'Jane@ACME.Example',
    'with an "@" in the quoted part': '"jane@evil.example"@acme.example',
    'in an international domain': 'jane@bücher.example',
    'in an international domain in capitals': 'jane@BÜCHER.example',
    'in an international domain with separate marks': 'jane@bu\u0308cher.example',
    'in an international domain in Punycode': 'jane@xn--bcher-kva.example',
    'in an international domain in Punycode and capitals': 'jane@XN--BCHER-KVA.example',
  };
  for (const [what, userName] of Object.entries(addresses)) {
    test(what, () => assert.equal(externalReason({ list: 'regular', userName }, ownerDomains), null));
  }
});

describe('an address is outside the domains if its domain', () => {
  const addresses = {
    'is another one': 'jane@evil.example',
    'is a subdomain': 'jane@eu.acme.example',
    'is the parent': 'jane@example',
    'only ends like one of them': 'jane@notacme.example',
    'only begins like one of them': 'jane@acme.example.evil.example',
    'comes after an "@" and one of them': 'jane@acme.example@evil.example',
    'ends with a dot': 'jane@acme.example.',
    'begins with a dot': 'jane@.acme.example',
    'ends with a space': 'jane@acme.example ',
    'ends with a line break': 'jane@acme.example\n',
    'has a Cyrillic letter that looks the same': 'jane@\u0430cme.example',
    'has a full-width letter': 'jane@\uff41cme.example',
    'has an ideographic full stop': 'jane@acme\u3002example',
    'has a zero-width space': 'jane@acme\u200b.example',
    'has a zero-width joiner': 'jane@ac\u200dme.example',
    'has a variation selector': 'jane@acme\ufe0f.example',
    'has a grapheme joiner': 'jane@ac\u034fme.example',
    'comes after another address': 'jane@evil.example@acme.example',
    'comes after another address and NUL': 'jane@evil.example\0@acme.example',
    'has a soft hyphen': 'jane@ac\u00adme.example',
    'has a tab that URLs ignore': 'jane@ac\tme.example',
    'has an escaped dot': 'jane@acme%2Eexample',
    'has a path': 'jane@acme.example/',
    'has a path with a letter': 'jane@acme.example/ü',
    'has a path with a backslash': 'jane@acme.example\\evil.example',
    'has a query': 'jane@acme.example?evil.example',
    'has a fragment': 'jane@acme.example#evil.example',
    'has a port': 'jane@acme.example:443',
  };
  for (const [what, userName] of Object.entries(addresses)) {
    test(what, () => assert.equal(externalReason({ list: 'regular', userName }, ownerDomains), 'domain'));
  }
});

describe('whether an account is external', () => {
  const medium = { kind: 'owner-external', level: 1, severity: 'medium' };
  const high = { kind: 'owner-external', level: 2, severity: 'high' };
  const outside = 'jane@evil.example';
  const verdicts: [what: string, account: Partial<KnownOwner>, domains: string[] | null, judged: object[] | null][] = [
    ['is a medium condition for an address outside the domains', { userName: outside }, ownerDomains, [medium]],
    ['is not decided by addresses if no domains are set', { userName: outside }, null, []],
    ['is a high condition for an embed user', { list: 'embed' }, null, [high]],
    ['is a high condition for an embed user inside the domains', { list: 'embed' }, ownerDomains, [high]],
    ['is a high condition for an embed user without a name', { list: 'embed', userName: null }, ownerDomains, [high]],
    ['is undecided if both lists show it', { list: null, userName: outside }, ownerDomains, null],
    ['is undecided if both lists show it and no domains are set', { list: null }, null, null],
    ['is undecided if its user name is no address', { userName: 'acme.example' }, ownerDomains, null],
    ['is undecided if its user name is empty', { userName: '' }, ownerDomains, null],
    ['is undecided if its user name is unknown', { userName: null }, ownerDomains, null],
    ['does not depend on its user name if no domains are set', { userName: null }, null, []],
    [
      'does not matter if the account is missing',
      { state: 'missing', list: 'embed', userName: outside },
      ownerDomains,
      [missing],
    ],
    [
      'does not matter if the account is missing and was never known',
      { state: 'missing', list: null },
      ownerDomains,
      [missing],
    ],
    [
      'still matters if the account is deactivated',
      { state: 'deactivated', userName: outside },
      ownerDomains,
      [deactivated, medium],
    ],
  ];
  for (const [what, account, domains, judged] of verdicts) {
    test(what, () => {
      const verdict = createJudge({ ...defaultRules, ownerDomains: domains }).owner(
        { membershipId: 'c3d4', owner: { ...owner('active', 1), ...account }, tokenCount },
        someMorning,
      );
      const expected = judged === null ? { judged: [], undecided: ['owner-external'] } : { judged, undecided: [] };
      assert.deepEqual(verdict, expected);
    });
  }
});
