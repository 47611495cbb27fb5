import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleMails } from '../../../scripts/sample-contents.ts';
import type { MailContent } from '../../../src/digest/content/mail-content.ts';
import { runContent } from '../../../src/digest/content/run-content.ts';
import { renderPart } from '../../../src/digest/render/fit-sections.ts';
import { htmlPart } from '../../../src/digest/render/html.ts';
import type { RunReport } from '../../../src/history/report.ts';
import { context, ended, heldTokens, made, sampleReport } from '../content/sample-report.ts';
import { htmlSections, readableText, structureOf } from '../mail-parts.ts';

const mailLimitBytes = 100_000;

function htmlOf(report: RunReport): string {
  return renderPart(runContent(report, context), htmlPart, mailLimitBytes);
}

/** Rows of every kind. */
const mixed = sampleReport(
  [
    { kind: 'owner-missing', transition: 'opened', severity: 'critical', tokens: heldTokens(2, { type: 'mcp' }) },
    { kind: 'token-created', severity: 'high', type: 'personal', membershipId: 'c3' },
    { kind: 'token-stale', transition: 'opened', severity: 'medium', type: 'mcp', membershipId: 'c3' },
    { kind: 'owner-idle', transition: 'opened', severity: 'low', tokens: heldTokens(2, { enabled: false }) },
    { kind: 'token-removed', severity: 'info', membershipId: 'c3' },
    { kind: 'token-type-unknown', transition: 'resolved', severity: 'info', names: ['a', 'b'] },
  ],
  { acknowledgements: [made(), ended({ because: 'expired' })] },
);
const mails: Record<string, MailContent> = { ...sampleMails, mixed: runContent(mixed, context) };

describe('the HTML part', () => {
  for (const [name, content] of Object.entries(mails)) {
    const html = renderPart(content, htmlPart, mailLimitBytes);

    test(`of the mail "${name}" closes every element that it opens`, () => {
      const open: string[] = [];
      for (const tag of structureOf(html)) {
        const element = /^<\/?([a-z][a-z0-9]*)/.exec(tag)?.[1];
        if (element === undefined || ['meta', 'br'].includes(element)) continue;
        if (tag.startsWith('</')) assert.equal(element, open.pop());
        else open.push(element);
      }

      assert.deepEqual(open, []);
    });

    test(`of the mail "${name}" loads nothing from elsewhere, and runs and links nothing`, () => {
      assert.doesNotMatch(html, /\s(src|href|background)=|url\(|@import|<(link|script|img|iframe|form|a)\b/i);
    });

    test(`of the mail "${name}" is in English, with one heading, and none of lower rank without one above it`, () => {
      const ranks = [...html.matchAll(/<h([1-6])\b/g)].map(([, rank]) => Number(rank));

      assert.match(html, /^<!DOCTYPE html>\n<html lang="en"/);
      assert.deepEqual([ranks[0], ranks.filter((rank) => rank === 1).length], [1, 1]);
      for (const [index, rank] of ranks.entries()) assert.ok(rank <= (ranks[index - 1] ?? 0) + 1, `${ranks}`);
    });

    test(`of the mail "${name}" has tables for its frame alone, which no reader takes for data`, () => {
      for (const table of html.match(/<table[^>]*>/g) ?? []) assert.match(table, / role="presentation"/);
    });
  }

  test('has the sections worst first, with a card for each row', () => {
    const shown = htmlSections(htmlOf(mixed)).map(({ heading, rows }) => `${heading}: ${rows}`);

    assert.deepEqual(shown, [
      'CRITICAL: Account that is gone but holds tokens: 1',
      'HIGH: New token: 1',
      'MEDIUM: Stale token: 1',
      'LOW: Idle account that holds tokens: 1',
      'INFO: Removed token: 1',
      'Good news: resolved: 2',
      'Acknowledgements: 2',
    ]);
  });

  test('shows special characters of a name as they are', () => {
    const html = htmlOf(sampleReport([{ kind: 'token-created', severity: 'high', names: [`<b> & "it's"`] }]));

    assert.match(html, /&quot;&lt;b&gt; &amp; &quot;it&#39;s&quot;&quot;/);
    assert.match(readableText(html), /"<b> & "it's""/);
  });

  test('leaves out rows that are not at hand, and tells how many of them there are, and which command lists them', () => {
    const html = htmlOf(sampleReport([{ kind: 'token-created', severity: 'high', names: ['a', 'b'], count: 120 }]));

    const [section] = htmlSections(html);
    assert.deepEqual([section?.count, section?.rows, section?.leftOut], [120, 2, 118]);
    assert.match(section?.text ?? '', /… and 118 more: omni-token-audit findings --run 12\n/);
    assert.match(html, /<code[^>]*>omni-token-audit findings --run 12<\/code>/);
  });

  test('stays under 100 KB when the tokens are of thousands of types', () => {
    const tokensByType = Array.from({ length: 5000 }, (_, index) => ({ type: `kind-${index}`, count: 1 }));

    const html = htmlOf(sampleReport([], { tokensByType }));

    assert.ok(Buffer.byteLength(html) < mailLimitBytes, `${Buffer.byteLength(html)} bytes`);
  });
});
