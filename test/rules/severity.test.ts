import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAtLeast, noSeverityCounts, severities, worst } from '../../src/rules/severity.ts';

describe('severities', () => {
  test('stand worst first', () => {
    assert.deepEqual(severities, ['critical', 'high', 'medium', 'low', 'info']);
  });

  test('reach a threshold when they are as bad or worse', () => {
    const reaching = severities.filter((severity) => isAtLeast(severity, 'medium'));

    assert.deepEqual(reaching, ['critical', 'high', 'medium']);
  });

  test('have a worst one among any, whatever their order', () => {
    assert.equal(worst(['low', 'info', 'high', 'medium']), 'high');
    assert.equal(worst(new Set(['info'] as const)), 'info');
  });

  test('have no worst one among none', () => {
    assert.equal(worst([]), null);
  });

  test('are counted from nothing in a record of its own each time', () => {
    const counts = noSeverityCounts();
    counts.high += 1;

    assert.deepEqual(noSeverityCounts(), { critical: 0, high: 0, medium: 0, low: 0, info: 0 });
  });
});
