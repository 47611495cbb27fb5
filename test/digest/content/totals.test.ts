import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mailFrame } from '../../../src/digest/content/mail-content.ts';
import { totalsSection, totalsText } from '../../../src/digest/content/totals.ts';
import { renderMail } from '../../../src/digest/render/render-mail.ts';
import { noSeverityCounts } from '../../../src/rules/severity.ts';
import hostile from '../../fixtures/hostile-names.json' with { type: 'json' };
import { htmlSections, textSections } from '../mail-parts.ts';
import { context, sampleReport, trend } from './sample-report.ts';

function types(count: number): { type: string; count: number }[] {
  return Array.from({ length: count }, (_, index) => ({ type: `t-${index + 1}`, count: 10 }));
}

describe('the totals in words', () => {
  test('counts them by type, and what is open and how much of it is acknowledged', () => {
    const openBySeverity = { ...noSeverityCounts(), low: 2, critical: 1 };
    const tokensByType = [
      { type: 'mcp', count: 121 },
      { type: 'personal', count: 96 },
    ];

    const texts = [
      sampleReport([], { tokensByType }),
      sampleReport([], { tokensByType, openBySeverity }),
      sampleReport([], { tokensByType, openBySeverity, acknowledgedCount: 1 }),
      sampleReport([], { tokensByType, openBySeverity: { ...noSeverityCounts(), info: 1 } }),
    ].map(totalsText);

    assert.deepEqual(texts, [
      '121 mcp, 96 personal.',
      '121 mcp, 96 personal. 3 findings open.',
      '121 mcp, 96 personal. 3 findings open (1 acknowledged).',
      '121 mcp, 96 personal. 1 finding open.',
    ]);
  });
});

describe('the tokens by type', () => {
  const textOf = (tokensByType: { type: string; count: number }[]): string =>
    totalsText(sampleReport([], { tokensByType }));

  test('name a plain type plainly, and quote any other', () => {
    const texts = ['mcp', 'of other types', 'a\u202eb', 'x'.repeat(100), 'https://phish.example'].map((type) =>
      textOf([{ type, count: 1 }]),
    );

    assert.deepEqual(texts, [
      '1 mcp.',
      '1 "of other types".',
      '1 "a⟨U+202E⟩b".',
      `1 "${'x'.repeat(40)}… (100 characters)".`,
      '1 "https[:]//phish.example".',
    ]);
  });

  test('count all beyond the eighth type as one', () => {
    assert.match(textOf(types(8)), /, 10 "t-8"\.$/);
    assert.match(textOf(types(9)), /, 10 "t-8", 10 of other types\.$/);
    assert.match(textOf(types(500)), /, 10 "t-8", 4920 of other types\.$/);
  });

  test('hold no character that could fool a reader, for any hostile type', () => {
    for (const { name } of hostile.tokens) {
      assert.doesNotMatch(textOf([{ type: name, count: 1 }]), /[\p{Cc}\p{Cf}]|:\/\//u);
    }
  });
});

describe('the section with the totals', () => {
  test('has the tokens by age, each group with its bounds, also the empty ones', () => {
    const ages = trend.ages.map((group) => (group.fromDays === 90 ? { ...group, count: 0 } : group));

    const [byAge] = totalsSection({ ...trend, ages }).rows;

    assert.equal(byAge?.title, 'Tokens by age');
    assert.deepEqual(byAge.facts, [
      'under 30 days: 60',
      '30 to 89 days: 70',
      '90 to 179 days: 0',
      '180 to 364 days: 33',
      '365 days and more: 1',
    ]);
  });

  test('has the tokens and the open findings of each week, oldest first', () => {
    const [, weeks] = totalsSection(trend).rows;

    assert.equal(weeks?.title, 'The last weeks');
    assert.equal(weeks.facts.length, 8);
    assert.equal(weeks.facts[0], '2026-10-05: 150 tokens, 0 findings open');
    assert.equal(weeks.facts.at(-1), '2026-11-23: 214 tokens, 7 findings open');
  });

  test('has a heading without a count, in both parts of the mail', () => {
    const content = { ...mailFrame(context, null), subject: '', lead: '', sections: [totalsSection(trend)] };
    const { text, html } = renderMail(content);

    for (const [section] of [textSections(text), htmlSections(html)]) {
      assert.deepEqual([section?.heading, section?.count, section?.rows, section?.leftOut], ['Totals', null, 2, 0]);
    }
  });
});
