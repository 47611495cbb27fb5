import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { inventoryContent } from '../../src/digest/content/summary-content.ts';
import { renderPart } from '../../src/digest/render/fit-sections.ts';
import { htmlPart } from '../../src/digest/render/html.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { textPart } from '../../src/digest/render/text.ts';
import type { FindingGroup } from '../../src/rules/finding-groups.ts';
import { context, everyGroup, jane, made, sampleGroup, sampleReport, trend } from './content/sample-report.ts';
import { htmlSections, type ReadSection, textSections } from './mail-parts.ts';

const mailLimitBytes = 100_000;
/** More of anything than any mail could show. */
const count = 1000;

const names: [what: string, name: string][] = [
  ['short', 'x'],
  ['long', 'x'.repeat(5000)],
  ['unseen', '\u202e'.repeat(5000)],
  ['wide', '漢'.repeat(5000)],
  ['escaped', '"'.repeat(5000)],
];

function maxDigest(name: string): MailContent {
  const acknowledgements = Array.from({ length: count }, () => made({ by: name, reason: name }));
  const report = sampleReport(everyGroup(name, count), {
    acknowledgements,
    ownersProblem: { problem: name, hint: name },
    breaker: 'confirmed',
    tokensByType: Array.from({ length: 500 }, (_, index) => ({ type: `${index}${name}`, count: 1 })),
  });
  return runContent(report, context);
}

function maxInventory(name: string): MailContent {
  const openGroups: FindingGroup[] = everyGroup(name, count)
    .filter(({ transition }) => transition === 'opened')
    .map(sampleGroup);
  const token = { id: 'a1', name, enabled: true, createdAt: '2026-03-01T00:00:00.000Z', membershipId: 'c3' };
  const owner = { ...jane, displayName: name, userName: name };
  const inventory = Array.from({ length: 20 }, (_, index) => {
    const type = `${index} ${name}`;
    return { type, count, tokens: Array(50).fill({ token: { ...token, type }, owner }) };
  });
  const period = { since: null, inventorySince: null, attempts: 1, complete: 1, newRecordFields: [] };
  const tokensByType = inventory.map(({ type }) => ({ type, count }));
  const report = sampleReport([], { tokensByType });
  return inventoryContent({ report, openGroups, period, trend }, inventory, context);
}

/** What both parts say of how many there are. */
function countsOf(sections: readonly ReadSection[]): [number | null, number][] {
  return sections.map((section) => [section.count, section.rows + section.leftOut]);
}

for (const [mail, contentOf] of [
  ['digest', maxDigest],
  ['inventory', maxInventory],
] as const) {
  describe(`the longest ${mail}`, () => {
    for (const [what, name] of names) {
      const content = contentOf(name);
      const { text, html } = renderMail(content);

      test(`of ${what} names is no longer than 100 KB in either part`, () => {
        for (const part of [text, html]) {
          assert.ok(Buffer.byteLength(part) <= mailLimitBytes, `${Buffer.byteLength(part)} bytes`);
        }
      });

      test(`of ${what} names keeps every section, and its counts are exact in both parts`, () => {
        const expected = content.sections.map(({ count: all, rows }): [number | null, number] => [
          all,
          all ?? rows.length,
        ]);

        assert.ok(expected.length > 15);
        assert.deepEqual(countsOf(textSections(text)), expected);
        assert.deepEqual(countsOf(htmlSections(html)), expected);
      });

      test(`of ${what} names shows the worst first, and at most fifty rows of a section`, () => {
        for (const sections of [textSections(text), htmlSections(html)]) {
          const shown = sections.map(({ rows }) => rows);
          assert.ok((shown[0] ?? 0) > 0, 'nothing is shown of the worst');
          assert.ok(shown.every((rows) => rows <= 50));
        }
      });
    }
  });
}

describe('a mail that is nearly too long', () => {
  test('is no longer than it may be, however much stands around its sections', () => {
    const discardedRecipients = Array.from({ length: 100 }, (_, index) => ({
      recipient: `r${index}@a.example`,
      count,
    }));
    const groups = everyGroup('nightly export', count).slice(0, 3);
    const content = runContent(sampleReport(groups, { discardedRecipients }), context);
    for (let maxBytes = 45_000; maxBytes <= 75_000; maxBytes += 1000) {
      for (const part of [textPart, htmlPart]) {
        const bytes = Buffer.byteLength(renderPart(content, part, maxBytes));
        assert.ok(bytes <= maxBytes && bytes > 20_000, `${bytes} of ${maxBytes} bytes`);
      }
    }
  });

  /** Compact tables with a few rows each, of which all but those at hand are left out. */
  function manyTables(rows: number): MailContent {
    const groups = everyGroup('nightly export', rows + 5)
      .filter(({ transition, severity }) => transition !== 'resolved' && !['critical', 'high'].includes(severity))
      .map((group) => ({ ...group, names: group.names?.slice(0, rows) ?? [] }));
    return runContent(sampleReport(groups), context);
  }

  test('is no longer than it may be, in the text part', () => {
    for (const rows of [1, 2, 3, 5]) {
      const content = manyTables(rows);
      for (let maxBytes = 30_000; maxBytes <= 60_000; maxBytes += 250) {
        const bytes = Buffer.byteLength(renderPart(content, textPart, maxBytes));
        assert.ok(bytes <= maxBytes, `${bytes} of ${maxBytes} bytes`);
      }
    }
  });

  test('is no longer than it may be, in the HTML part', () => {
    for (const rows of [1, 2, 3, 5]) {
      const content = manyTables(rows);
      for (let maxBytes = 60_000; maxBytes <= 120_000; maxBytes += 500) {
        const bytes = Buffer.byteLength(renderPart(content, htmlPart, maxBytes));
        assert.ok(bytes <= maxBytes, `${bytes} of ${maxBytes} bytes`);
      }
    }
  });
});
