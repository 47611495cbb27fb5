import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type MailSection, plainRow } from '../../../src/digest/content/mail-content.ts';
import { fitSections, type PartRenderer } from '../../../src/digest/render/fit-sections.ts';

function section(rowCount: number, count = rowCount): MailSection {
  const row = { ...plainRow, title: 'a token' };
  return {
    severity: 'low',
    title: 'a section',
    intro: 'because',
    count,
    rows: Array.from({ length: rowCount }, () => row),
    moreCommand: 'tokens',
    moreFile: null,
  };
}

function renderer(row: string): Pick<PartRenderer, 'renderFrame' | 'renderRow'> {
  return { renderFrame: () => 'frame', renderRow: () => row };
}

describe('sections within a budget', () => {
  test('show every row when there is room', () => {
    const [fitted] = fitSections([section(3)], 10_000, renderer('row'));

    assert.deepEqual(fitted?.rows, ['row', 'row', 'row']);
    assert.equal(fitted?.more, null);
  });

  test('tell what is left out, also of rows that were never at hand', () => {
    const [fitted] = fitSections([section(2, 120)], 10_000, renderer('row'));

    assert.equal(fitted?.rows.length, 2);
    assert.equal(fitted?.more, '… and 118 more: ');
  });

  test('tell that what is left out is in a file, before the command that lists it', () => {
    const [fitted] = fitSections([{ ...section(2, 120), moreFile: 'findings.csv' }], 10_000, renderer('row'));

    assert.match(fitted?.more ?? '', /^… and 118 more: .*\battached findings\.csv\b.* $/);
  });

  test('fill up with the first ones, counted in UTF-8, and keep the frames of the last', () => {
    const sections = [section(50), section(50)];

    const [first, second] = fitSections(sections, 85_000, renderer('é'.repeat(1000)));

    assert.ok(first !== undefined && second !== undefined);
    const bytes = [first, second].reduce((sum, { frame, rows }) => sum + Buffer.byteLength(frame + rows.join('')), 0);
    assert.ok(bytes <= 85_000, `${bytes} bytes`);
    assert.ok(first.rows.length > 40, `only ${first.rows.length} rows`);
    assert.equal(second.rows.length, 0);
    assert.equal(second.frame, 'frame');
    assert.equal(first.more, `… and ${50 - first.rows.length} more: `);
    assert.equal(second.more, '… and 50 more: ');
  });

  test('show fewer rows the fewer bytes there are, and no row rather than half of one', () => {
    const counts = [100_000, 40_000, 20_000, 0, -5000].map((maxBytes) => {
      const [fitted] = fitSections([section(50)], maxBytes, renderer('x'.repeat(1000)));
      const rows = fitted?.rows ?? [];
      assert.ok(rows.every((row) => row.length === 1000));
      return rows.length;
    });

    const [all, many = 0, few = 0, ...none] = counts;
    assert.equal(all, 50);
    assert.ok(many < 40 && many > few && few > 10, `${many} and ${few} rows`);
    assert.deepEqual(none, [0, 0]);
  });

  test('render each row as one of its own section', () => {
    const sections = [section(1), { ...section(1), title: 'another' }];

    const fitted = fitSections(sections, 10_000, {
      renderFrame: ({ title }) => title,
      renderRow: (row, { title }) => `${row.title} of ${title}`,
    });

    assert.deepEqual(
      fitted.map(({ frame, rows }) => [frame, ...rows]),
      [
        ['a section', 'a token of a section'],
        ['another', 'a token of another'],
      ],
    );
  });
});
