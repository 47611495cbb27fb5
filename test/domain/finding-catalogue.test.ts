import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  catalogueEntry,
  conditionSeverity,
  eventSeverity,
  findingKinds,
  isConditionKind,
} from '../../src/domain/finding-catalogue.ts';

describe('the catalogue of findings', () => {
  for (const kind of findingKinds) {
    test(`says in one sentence what ${kind} means`, () => {
      const { title, why, subjectWord } = catalogueEntry(kind);

      assert.match(title, /^[A-Z][^.]+$/);
      assert.match(why, /^[A-Z].*\.$/);
      assert.match(subjectWord, /^[a-z -]+$/);
    });
  }

  test('gives each kind a title and a subject word of its own', () => {
    const entries = findingKinds.map(catalogueEntry);

    assert.equal(new Set(entries.map(({ title }) => title)).size, findingKinds.length);
    assert.equal(new Set(entries.map(({ subjectWord }) => subjectWord)).size, findingKinds.length);
  });

  test('tells conditions from events', () => {
    assert.deepEqual(findingKinds.filter(isConditionKind), ['token-stale', 'token-type-unknown']);
  });

  test('raises a condition with its rank and keeps the last severity above', () => {
    const raised = [0, 1, 2, 3, 9].map((rank) => conditionSeverity('token-stale', rank));

    assert.deepEqual(raised, ['low', 'medium', 'high', 'high', 'high']);
  });

  test('takes a new organization token more seriously than any other', () => {
    assert.equal(eventSeverity('token-created', 'organization'), 'high');
    assert.equal(eventSeverity('token-created', 'service'), 'medium');
    assert.equal(eventSeverity('token-created', null), 'medium');
  });
});
