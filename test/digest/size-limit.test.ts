import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleInventory, sampleSummary } from '../../scripts/sample-contents.ts';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { inventoryContent } from '../../src/digest/content/summary-content.ts';
import { renderPart } from '../../src/digest/render/fit-sections.ts';
import { htmlPart } from '../../src/digest/render/html.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { textPart } from '../../src/digest/render/text.ts';
import { noMailReport } from '../../src/history/report.ts';
import { isConditionKind } from '../../src/rules/catalogue.ts';
import type { FindingGroup } from '../../src/rules/finding-groups.ts';
import { withText } from '../support/with-text.ts';
import { readableText } from './read-mail.ts';
import { reportOf, sampleGroup } from './sample-groups.ts';

const limitBytes = 100_000;
/** More rows than a mail has room for. */
const count = 1000;

function fifty<Item>(items: readonly Item[]): Item[] {
  return Array.from({ length: 50 }, () => items)
    .flat()
    .slice(0, 50);
}

/** Every group that one run can report, each with as many findings as a report ever contains. */
const everyGroup: FindingGroup[] = sampleReport.groups.flatMap((group) => {
  const full = { ...group, count, findings: fifty(group.findings) };
  if (!isConditionKind(group.kind)) return [full];
  const transitions = ['opened', 'reopened', 'expired', 'resolved'] as const;
  return transitions.map((transition) => ({ ...full, transition }));
});

function longestDigest(text: string): MailContent {
  const report = {
    ...sampleReport,
    groups: everyGroup,
    acknowledgements: fifty(sampleReport.acknowledgements).concat(fifty(sampleReport.acknowledgements)),
    ownersProblem: { problem: '', hint: '' },
    tokensByType: Array.from({ length: 500 }, () => ({ type: 'service', count: 1 })),
  };
  return runContent(withText(report, text), sampleContext);
}

function longestInventory(text: string): MailContent {
  const openGroups = everyGroup.filter(({ transition }) => transition === 'opened');
  const tokens = fifty(sampleInventory.flatMap((group) => group.tokens));
  const inventory = Array.from({ length: 20 }, () => ({ type: 'service', count, tokens }));
  return inventoryContent(withText({ ...sampleSummary, openGroups }, text), withText(inventory, text), sampleContext);
}

interface Section {
  heading: string;
  count: number | null;
  rows: number;
  leftOut: number;
}

function sectionOf(heading: string, rows: number, text: string): Section {
  const [, name = heading, all = null] = /^(.*) \((\d+)\)$/s.exec(heading) ?? [];
  const leftOut = Number(/… and (\d+) more: /.exec(text)?.[1] ?? 0);
  return { heading: name, count: all === null ? null : Number(all), rows, leftOut };
}

function htmlSections(html: string): Section[] {
  const sources = html.split(/(?=<h2\b)/).slice(1);
  return sources.map((source) => {
    const [, heading = ''] = /<h2\b[^>]*>([\s\S]*?)<\/h2>/.exec(source) ?? [];
    return sectionOf(readableText(heading), source.split(/<h3\b/).length - 1, readableText(source));
  });
}

function textSections(text: string): Section[] {
  return text.split('\n\n').flatMap((block) => {
    const [, heading] = /^((?:[^\n]+\n){1,12}?)-{3,}(?:\n|$)/.exec(block) ?? [];
    if (heading === undefined) return [];
    return [sectionOf(heading.trim().replaceAll('\n', ' '), block.split(/^ {2}\* /m).length - 1, block)];
  });
}

const names = {
  short: 'x',
  long: 'x'.repeat(5000),
  invisible: '\u202e'.repeat(5000),
  wide: '漢'.repeat(5000),
  escaped: '"'.repeat(5000),
};

for (const [kind, contentOf] of Object.entries({ digest: longestDigest, inventory: longestInventory })) {
  describe(`the longest ${kind}`, () => {
    for (const [what, name] of Object.entries(names)) {
      test(`with ${what} names stays within the limit, keeps all headings and exact counts, and shows the most severe first`, () => {
        const content = contentOf(name);
        const { text, html } = renderMail(content);

        const expected = content.sections.map((section) => section.count ?? section.rows.length);
        assert.ok(expected.length > 15);
        for (const [part, sections] of [
          [text, textSections(text)],
          [html, htmlSections(html)],
        ] as const) {
          assert.ok(Buffer.byteLength(part) <= limitBytes, `${Buffer.byteLength(part)} bytes`);
          assert.deepEqual(
            sections.map(({ rows, leftOut }) => rows + leftOut),
            expected,
          );
          assert.deepEqual(
            sections.map((section) => section.count),
            content.sections.map((section) => section.count),
          );
          assert.ok((sections[0]?.rows ?? 0) > 0, 'no row of the most severe section is shown');
          assert.ok(sections.every(({ rows }) => rows <= 50));
        }
      });
    }
  });
}

describe('a mail that is nearly too long', () => {
  const parts = { text: textPart, HTML: htmlPart };
  for (const [name, part] of Object.entries(parts)) {
    test(`stays within any limit in its ${name} part, and uses the room that it has`, () => {
      const givenUp = Array.from({ length: 100 }, (_, index) => ({
        recipient: `r${index}@a.example`,
        count,
      }));
      const groups = [sampleGroup('owner-missing'), sampleGroup('token-created'), sampleGroup('token-renamed')];
      const full = groups.map((group) => ({ ...group, count, findings: fifty(group.findings) }));
      const content = runContent(reportOf(full, { mail: { ...noMailReport, givenUp } }), sampleContext);
      for (let limit = 45_000; limit <= 75_000; limit += 1000) {
        const bytes = Buffer.byteLength(renderPart(content, part, limit));
        assert.ok(bytes <= limit && bytes > 20_000, `${bytes} of ${limit} bytes`);
      }
    });

    test(`stays within any limit in its ${name} part when it has many small sections`, () => {
      for (const rows of [1, 2, 5]) {
        const groups = everyGroup.map((group) => ({ ...group, findings: group.findings.slice(0, rows) }));
        const content = runContent(reportOf(groups), sampleContext);
        for (let limit = 60_000; limit <= 120_000; limit += 1000) {
          const bytes = Buffer.byteLength(renderPart(content, part, limit));
          assert.ok(bytes <= limit, `${bytes} of ${limit} bytes`);
        }
      }
    });
  }
});
