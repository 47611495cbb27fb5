import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  catalogueEntry,
  conditionSeverity,
  eventSeverity,
  type FindingKind,
  findingCatalogue,
  findingKinds,
  isConditionKind,
} from '../../src/domain/finding-catalogue.ts';
import type { Severity } from '../../src/domain/severity.ts';

/** As the product's design lists them; of a condition, from its first level on. */
const severities: Record<FindingKind, Severity[]> = {
  'token-created': ['medium'],
  'token-removed': ['info'],
  'token-disabled': ['info'],
  'token-enabled': ['high'],
  'token-renamed': ['low'],
  'token-owner-changed': ['critical'],
  'token-type-changed': ['critical'],
  'token-created-at-changed': ['critical'],
  'token-reappeared': ['high'],
  'type-first-seen': ['medium'],
  'credential-changed': ['critical'],
  'record-field-new': ['info'],
  'token-stale': ['low', 'medium', 'high'],
  'token-disabled-lingering': ['low'],
  'token-type-unknown': ['medium'],
  'token-name-policy': ['low'],
  'owner-deactivated': ['critical'],
  'owner-missing': ['critical'],
  'owner-idle': ['low'],
  'owner-many-tokens': ['low'],
};

describe('the catalogue of findings', () => {
  for (const kind of findingKinds) {
    test(`says in words what ${kind} means and what it relates to`, () => {
      const { title, why, subjectWord, relatesTo } = catalogueEntry(kind);

      assert.match(title, /^[A-Z][^.]+$/);
      assert.match(why, /^[A-Z].*\.$/);
      assert.match(subjectWord, /^[a-z -]+$/);
      if (relatesTo !== null) assert.match(relatesTo, /^(PCI DSS|OWASP|CIS|NIST) /);
    });

    test(`weighs ${kind} as ${severities[kind].join(', then ')}`, () => {
      const weighed = severities[kind].map((_, rank) =>
        isConditionKind(kind) ? conditionSeverity(kind, rank) : eventSeverity(kind, null),
      );

      assert.deepEqual(weighed, severities[kind]);
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

  test('tells conditions, which stand until they are resolved, from events', () => {
    const { condition, event, ...others } = Object.groupBy(findingKinds, (kind) => findingCatalogue[kind].nature);

    assert.deepEqual(others, {});
    assert.deepEqual(condition?.toSorted(), [
      'owner-deactivated',
      'owner-idle',
      'owner-many-tokens',
      'owner-missing',
      'token-disabled-lingering',
      'token-name-policy',
      'token-stale',
      'token-type-unknown',
    ]);
    assert.deepEqual(findingKinds.filter(isConditionKind), condition);
    assert.deepEqual(
      findingKinds.filter((kind) => !isConditionKind(kind)),
      event,
    );
  });

  test('begins with what is critical, and there with the accounts that are no more', () => {
    const critical = findingKinds.filter((kind) => severities[kind].includes('critical'));

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
