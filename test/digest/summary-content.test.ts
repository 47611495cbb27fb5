import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailContent } from '../../src/digest/content.ts';
import { renderMail } from '../../src/digest/render.ts';
import { type SummaryFacts, summaryContent } from '../../src/digest/summary-content.ts';
import { context, everyGroup, sampleGroup, sampleReport } from './sample-report.ts';

function content(facts: Partial<SummaryFacts> = {}): MailContent {
  return summaryContent(
    {
      report: sampleReport([]),
      standing: [],
      period: { since: '2026-11-16T07:00:00.000Z', attempts: 7, complete: 7 },
      reminderDays: 7,
      ...facts,
    },
    context,
  );
}

const stale = sampleGroup({ kind: 'token-stale', turn: 'opened', severity: 'high', count: 4 });
const unknown = sampleGroup({ kind: 'token-type-unknown', turn: 'opened', severity: 'medium' });

describe('the summary', () => {
  test('of a quiet week says that all is clear and how many audits say so', () => {
    const { subject, lead, paragraphs, sections, moreCommand } = content();
    assert.equal(subject, '[Omni tokens] Acme: all clear, 7 of 7 audits complete');
    assert.equal(lead, 'All clear: nothing is open.');
    assert.equal(
      paragraphs[0],
      '7 of 7 audits complete since 2026-11-16 07:00 UTC; the last is audit 12 of 2026-11-23 07:00 UTC.',
    );
    assert.equal(paragraphs[1], '214 tokens in all: 200 personal, 14 organization.');
    assert.deepEqual(sections, []);
    assert.equal(moreCommand, null);
  });

  test('says when audits are missing', () => {
    const period = { since: '2026-11-16T07:00:00.000Z', attempts: 9, complete: 6 };
    assert.equal(content({ period }).subject, '[Omni tokens] Acme: all clear, 6 of 9 audits complete');
  });

  test('of one audit uses the singular', () => {
    assert.match(
      content({ period: { since: null, attempts: 1, complete: 1 } }).subject,
      /all clear, 1 of 1 audit complete$/,
    );
  });

  test('shows what stands, worst first, with the exact count', () => {
    const { subject, lead, sections, moreCommand } = content({ standing: [unknown, stale] });
    assert.equal(subject, '[Omni tokens] Acme: weekly summary, 5 open');
    assert.match(lead, /^5 findings still open: /);
    assert.deepEqual(
      sections.map(({ severity, count }) => `${severity} ${count}`),
      ['high 4', 'medium 1'],
    );
    assert.equal(moreCommand, 'omni-token-audit findings --open');
    assert.ok(sections.every((section) => section.moreCommand === moreCommand));
  });

  test('is called weekly only where it is', () => {
    assert.equal(content({ standing: [unknown], reminderDays: 14 }).subject, '[Omni tokens] Acme: summary, 1 open');
  });

  test('stays under 100 KB, whatever stands', () => {
    const standing = everyGroup('größer <b>&amp;</b> '.repeat(40), 50_000)
      .filter(({ turn }) => turn === 'opened')
      .map(sampleGroup);
    const { html } = renderMail(content({ standing }));
    assert.ok(Buffer.byteLength(html) < 100_000);
  });

  test('passes on what readers must know of the audit, since it may be the only mail', () => {
    const report = sampleReport([], { rejudgedCount: 2, discardedRecipients: [{ recipient: 'a@acme.com', count: 1 }] });
    assert.equal(content({ report }).notes.length, 2);
  });
});
