import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  catalogueEntry,
  conditionSeverity,
  eventSeverity,
  type FindingKind,
  findingKinds,
  isConditionKind,
} from '../../src/rules/catalogue.ts';
import type { Severity } from '../../src/rules/severity.ts';

/** The severities as the product's design lists them; of a condition, from its first level on. */
const known: Record<FindingKind, Severity[]> = {
  'token-created': ['medium'],
  'token-removed': ['info'],
  'token-disabled': ['info'],
  'token-enabled': ['high'],
  'token-renamed': ['low'],
  'token-identity-changed': ['critical'],
  'token-reappeared': ['high'],
  'type-first-seen': ['medium'],
  'credential-changed': ['critical'],
  'token-stale': ['low', 'medium', 'high'],
  'token-disabled-lingering': ['low'],
  'token-type-unknown': ['medium'],
  'owner-deactivated': ['critical'],
  'owner-missing': ['critical'],
  'owner-idle': ['low'],
};

describe('the catalogue of findings', () => {
  for (const kind of findingKinds) {
    test(`says in words what ${kind} means and what it relates to`, () => {
      const { title, why, subjectWord } = catalogueEntry(kind);

      assert.match(title, /^[A-Z][^.]+$/);
      assert.match(why, /^[A-Z].*\.$/);
      assert.match(subjectWord, /^[a-z -]+$/);
    });

    const severities = known[kind];
    test(`weighs ${kind} as ${severities.join(', then ')}`, () => {
      const weighed = severities.map((_, rank) =>
        isConditionKind(kind) ? conditionSeverity(kind, rank) : eventSeverity(kind, null),
      );

      assert.deepEqual(weighed, severities);
    });
  }

  test('gives each kind a title of its own', () => {
    const titles = findingKinds.map((kind) => catalogueEntry(kind).title);

    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  });

  test('gives each kind a word of its own in the subject, except for the two ways to be orphaned', () => {
    const byWord = Map.groupBy(findingKinds, (kind) => catalogueEntry(kind).subjectWord);

    const shared = [...byWord].filter(([, kinds]) => kinds.length > 1);

    assert.deepEqual(shared, [['orphaned', ['owner-deactivated', 'owner-missing']]]);
  });

  test('counts tokens, and not accounts, for what is orphaned', () => {
    const counted = findingKinds.filter((kind) => catalogueEntry(kind).countsTokens === true);

    assert.deepEqual(counted, ['owner-deactivated', 'owner-missing']);
  });

  test('begins with what is critical, and there with the accounts that are no more', () => {
    const critical = findingKinds.filter((kind) => known[kind].includes('critical'));

    assert.deepEqual(findingKinds.slice(0, critical.length), critical);
    assert.deepEqual(findingKinds.slice(0, 2), ['owner-deactivated', 'owner-missing']);
  });

  test('raises a condition with its rank and keeps the last severity above', () => {
    const raised = [0, 1, 2, 3, 9].map((rank) => conditionSeverity('token-stale', rank));

    assert.deepEqual(raised, ['low', 'medium', 'high', 'high', 'high']);
  });

  test('keeps the one severity of a condition at every rank', () => {
    assert.deepEqual(
      [0, 1, 9].map((rank) => conditionSeverity('owner-deactivated', rank)),
      ['critical', 'critical', 'critical'],
    );
  });

  test('takes a new organization token more seriously than any other', () => {
    assert.equal(eventSeverity('token-created', 'organization'), 'high');
    assert.equal(eventSeverity('token-created', 'service'), 'medium');
    assert.equal(eventSeverity('token-created', null), 'medium');
  });
});
