import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fitSections } from '../../src/digest/budget.ts';
import type { MailSection } from '../../src/digest/content.ts';

function section(rowCount: number, count = rowCount): MailSection {
  const row = { title: 'a token', lines: [], smallPrint: [], command: null };
  return {
    severity: 'low',
    title: 'a section',
    why: 'because',
    act: '',
    count,
    rows: Array.from({ length: rowCount }, () => row),
    moreCommand: 'tokens',
  };
}

const frame = (): string => 'frame';

describe('sections within a budget', () => {
  test('show every row when there is room', () => {
    const [fitted] = fitSections([section(3)], frame, () => 'row');

    assert.deepEqual(fitted?.rows, ['row', 'row', 'row']);
    assert.equal(fitted?.more, null);
  });

  test('tell what is left out, also of rows that were never at hand', () => {
    const [fitted] = fitSections([section(2, 120)], frame, () => 'row');

    assert.equal(fitted?.more, '… and 118 more: ');
  });

  test('fill up with the first ones, counted in UTF-8, and keep the frames of the last', () => {
    const sections = [section(50), section(50)];

    const [first, second] = fitSections(sections, frame, () => 'é'.repeat(1000));

    assert.ok(first !== undefined && second !== undefined);
    assert.equal(first.rows.length + second.rows.length, 42);
    assert.equal(second.rows.length, 0);
    assert.equal(second.frame, 'frame');
    assert.equal(second.more, '… and 50 more: ');
  });
});
