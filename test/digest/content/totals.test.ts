import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailPicture } from '../../../src/digest/content/mail-content.ts';
import { maxTypes, totalsPictures, totalsText, typeCounts } from '../../../src/digest/content/totals.ts';
import { noSeverityCounts } from '../../../src/rules/severity.ts';
import hostile from '../../fixtures/hostile-names.json' with { type: 'json' };
import { sampleReport, trend } from './sample-report.ts';

function types(count: number): { type: string; count: number }[] {
  return Array.from({ length: count }, (_, index) => ({ type: `t-${index + 1}`, count: 10 }));
}

function partsOf(pictures: readonly MailPicture[], title: string): { label: string; count: number }[] {
  const picture = pictures.find((each) => each.title === title);
  assert.ok(picture?.kind === 'parts');
  return picture.parts;
}

describe('the stock of tokens in words', () => {
  test('counts them by type, and what stands and what of it is acknowledged', () => {
    const standing = { ...noSeverityCounts(), low: 2, critical: 1 };
    const tokensByType = [
      { type: 'mcp', count: 121 },
      { type: 'personal', count: 96 },
    ];

    const told = [
      sampleReport([], { tokensByType }),
      sampleReport([], { tokensByType, standing }),
      sampleReport([], { tokensByType, standing, acknowledgedCount: 1 }),
      sampleReport([], { tokensByType, standing: { ...noSeverityCounts(), info: 1 } }),
    ].map(totalsText);

    assert.deepEqual(told, [
      '121 mcp, 96 personal.',
      '121 mcp, 96 personal. 3 findings open.',
      '121 mcp, 96 personal. 3 findings open (1 acknowledged).',
      '121 mcp, 96 personal. 1 finding open.',
    ]);
  });
});

describe('the tokens by type', () => {
  test('name a plain type plainly, and quote what is none', () => {
    const labels = ['mcp', 'of other types', 'a\u202eb', 'x'.repeat(100), 'https://phish.example'].map(
      (type) => typeCounts([{ type, count: 1 }], 8)[0]?.label,
    );

    assert.deepEqual(labels, [
      'mcp',
      '"of other types"',
      '"a⟨U+202E⟩b"',
      `"${'x'.repeat(40)}… (100 characters)"`,
      '"https[:]//phish.example"',
    ]);
  });

  test('name as many types as they may, and count the others as one', () => {
    assert.equal(typeCounts(types(8), 8).length, 8);
    assert.ok(typeCounts(types(8), 8).every(({ label }) => label.startsWith('"t-')));
    assert.deepEqual(typeCounts(types(9), 8).at(-1), { label: 'of other types', count: 10 });
    assert.deepEqual(typeCounts(types(500), 8).at(-1), { label: 'of other types', count: 4920 });
    assert.equal(typeCounts(types(500), 8).length, 9);
  });

  test('lose no token, however many types there are', () => {
    for (const count of [0, 1, 7, 8, 9, 10, 5000]) {
      const sum = typeCounts(types(count), maxTypes).reduce((all, each) => all + each.count, 0);

      assert.equal(sum, 10 * count);
    }
  });
});

describe('the pictures of the stock', () => {
  test('show the tokens by type, unknown types beyond the first eight as one', () => {
    const parts = partsOf(totalsPictures(types(30), trend), 'Tokens by type');

    assert.equal(parts.length, 9);
    assert.deepEqual(parts.at(-1), { label: 'of other types', count: 220 });
  });

  test('show the tokens by age, each group with its bounds, also the empty ones', () => {
    const ages = trend.ages.map((group) => (group.fromDays === 90 ? { ...group, count: 0 } : group));

    assert.deepEqual(partsOf(totalsPictures([], { ...trend, ages }), 'Tokens by age'), [
      { label: 'under 30 days', count: 60 },
      { label: '30 to 89 days', count: 70 },
      { label: '90 to 179 days', count: 0 },
      { label: '180 to 364 days', count: 33 },
      { label: '365 days and more', count: 1 },
    ]);
  });

  test('show tokens and open findings of each week, oldest first', () => {
    const series = totalsPictures([], trend).find(({ kind }) => kind === 'series');

    assert.ok(series?.kind === 'series');
    assert.deepEqual(series.columns, ['Tokens', 'Open findings']);
    assert.equal(series.points.length, 8);
    assert.deepEqual(series.points[0], { label: '2026-10-05', counts: [150, 0] });
    assert.deepEqual(series.points.at(-1), { label: '2026-11-23', counts: [214, 7] });
  });

  test('hold no character that could fool a reader, for any hostile type', () => {
    for (const { name } of hostile.tokens) {
      const [part] = partsOf(totalsPictures([{ type: name, count: 1 }], trend), 'Tokens by type');

      assert.doesNotMatch(part?.label ?? '', /[\p{Cc}\p{Cf}]|:\/\//u);
      assert.notEqual(part?.label, '');
    }
  });
});
