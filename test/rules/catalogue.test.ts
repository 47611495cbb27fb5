import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueEntry, conditionSeverity, findingKinds } from '../../src/rules/catalogue.ts';
import { isAtLeast, severities, worst } from '../../src/rules/severity.ts';

test('no two kinds share a word in the subject line, except the two that are counted together', () => {
  const kindsByWord = Map.groupBy(findingKinds, (kind) => catalogueEntry(kind).subjectWord);
  const shared = [...kindsByWord].filter(([, kinds]) => kinds.length > 1);
  assert.deepEqual(shared, [['orphaned', ['owner-deactivated', 'owner-missing']]]);
  for (const [, kinds] of shared) {
    const units = new Set(kinds.map((kind) => catalogueEntry(kind).countsTokens === true));
    assert.equal(units.size, 1, `${kinds} do not count the same things`);
  }
});

test('a condition keeps its last severity at all higher levels', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 9].map((rank) => conditionSeverity('token-stale', rank)),
    ['low', 'medium', 'high', 'high', 'high'],
  );
  assert.equal(conditionSeverity('owner-deactivated', 9), 'critical');
});

test('a severity reaches a threshold when it is as bad or worse', () => {
  const reaching = severities.filter((severity) => isAtLeast(severity, 'medium'));
  assert.deepEqual(reaching, ['critical', 'high', 'medium']);
});

test('the worst of some severities does not depend on their order', () => {
  assert.equal(worst(['low', 'info', 'high', 'medium']), 'high');
  assert.equal(worst([]), null);
});
