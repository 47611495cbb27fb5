import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailContent } from '../../../src/digest/content/mail-content.ts';
import { summaryContent } from '../../../src/digest/content/summary-content.ts';
import { renderMail } from '../../../src/digest/render/render-mail.ts';
import type { SummaryReport } from '../../../src/history/report.ts';
import { noSeverityCounts } from '../../../src/rules/severity.ts';
import { context, everyGroup, sampleGroup, sampleReport, trend } from './sample-report.ts';

const period = {
  since: '2026-11-16T07:00:00.000Z',
  inventorySince: null,
  attempts: 7,
  complete: 7,
  newRecordFields: [],
};

/** `openGroups`, and as many acknowledged conditions, which it does not hold. */
function content(
  { reminderDays = 7, ...facts }: Partial<SummaryReport & { reminderDays: number }> = {},
  acknowledgedCount = 0,
): MailContent {
  const { openGroups = [] } = facts;
  const counts = { ...noSeverityCounts(), low: acknowledgedCount };
  for (const { severity, count } of openGroups) counts[severity] += count;
  const report = sampleReport([], { openBySeverity: counts, acknowledgedCount });
  return summaryContent({ report, openGroups, period, trend, ...facts }, reminderDays, context);
}

const stale = sampleGroup({ kind: 'token-stale', transition: 'opened', severity: 'high', count: 4 });
const unknown = sampleGroup({ kind: 'token-type-unknown', transition: 'opened', severity: 'medium' });

describe('the summary', () => {
  test('of a quiet week says that all is clear and how many audits say so', () => {
    const { subject, lead, paragraphs, sections, moreCommand } = content();
    assert.equal(subject, '[Omni tokens] Acme: all clear, 7 of 7 audits complete');
    assert.equal(lead, 'All clear: nothing is open. 214 tokens in all.');
    assert.deepEqual(paragraphs, [
      '7 of 7 audits complete since 2026-11-16 07:00 UTC; the last is audit 12 of 2026-11-23 07:00 UTC. 200 personal, 14 organization.',
    ]);
    assert.deepEqual(
      sections.map(({ title }) => title),
      ['Totals'],
    );
    assert.equal(moreCommand, null);
  });

  test('says when audits are missing', () => {
    const facts = { period: { ...period, attempts: 9, complete: 6 } };
    assert.equal(content(facts).subject, '[Omni tokens] Acme: all clear, 6 of 9 audits complete');
  });

  test('of one audit uses the singular', () => {
    assert.match(
      content({ period: { since: null, inventorySince: null, attempts: 1, complete: 1, newRecordFields: [] } }).subject,
      /all clear, 1 of 1 audit complete$/,
    );
  });

  test('names new record fields in a note, and shows them so that they fool nobody', () => {
    assert.deepEqual(content().notes, []);
    const { notes } = content({ period: { ...period, newRecordFields: ['lastUsedAt', 'a\nb'] } });
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /^Omni sends fields that this version does not know: lastUsedAt, a⟨U\+000A⟩b\. /);
  });

  test('shows what stands, worst first, with the exact count', () => {
    const { subject, lead, sections, moreCommand } = content({ openGroups: [unknown, stale] });
    assert.equal(subject, '[Omni tokens] Acme: weekly summary, 5 open');
    assert.equal(lead, 'Still open: 4 stale, 1 of unknown type. 214 tokens in all.');
    const [, ...findings] = sections;
    assert.deepEqual(
      findings.map(({ severity, count }) => `${severity} ${count}`),
      ['high 4', 'medium 1'],
    );
    assert.equal(moreCommand, 'omni-token-audit findings --open');
    assert.ok(findings.every((section) => section.moreCommand === moreCommand));
  });

  test('counts what is acknowledged and does not list it', () => {
    const { subject, lead, paragraphs, sections } = content({ openGroups: [stale] }, 2);
    assert.equal(
      content({ openGroups: [stale] }, 1).lead,
      'Still open: 4 stale, 1 more acknowledged. 214 tokens in all.',
    );
    assert.equal(subject, '[Omni tokens] Acme: weekly summary, 6 open');
    assert.equal(lead, 'Still open: 4 stale, 2 more acknowledged. 214 tokens in all.');
    assert.match(paragraphs[0] ?? '', / 6 findings open \(2 acknowledged\)\.$/);
    assert.deepEqual(
      sections.map(({ title, count }) => `${title} ${count}`),
      ['Totals null', 'Stale token 4'],
    );
  });

  test('is no all-clear where everything that stands is acknowledged', () => {
    const { subject, lead, sections, moreCommand } = content({}, 2);
    assert.equal(subject, '[Omni tokens] Acme: weekly summary, 2 open');
    assert.equal(lead, 'All that is open is acknowledged: 2 findings. 214 tokens in all.');
    assert.equal(content({}, 1).lead, 'All that is open is acknowledged: 1 finding. 214 tokens in all.');
    assert.equal(sections.length, 1);
    assert.equal(moreCommand, 'omni-token-audit findings --open');
  });

  test('lists all tokens of an owner together', () => {
    const orphaned = sampleGroup({ kind: 'owner-deactivated', transition: 'opened', severity: 'critical' });
    const { subject, lead, sections } = content({ openGroups: [orphaned] });
    assert.equal(subject, '[Omni tokens] Acme: weekly summary, 1 open');
    assert.equal(lead, 'Still open: 2 orphaned. 214 tokens in all.');
    assert.equal(sections[1]?.rows.length, 1);
    assert.equal(sections[1].rows[0]?.items.length, 2);
  });

  test('is called weekly only where it is', () => {
    assert.equal(content({ openGroups: [unknown], reminderDays: 14 }).subject, '[Omni tokens] Acme: summary, 1 open');
  });

  test('stays under 100 KB, whatever stands', () => {
    const openGroups = everyGroup('größer <b>&amp;</b> '.repeat(40), 50_000)
      .filter(({ transition }) => transition === 'opened')
      .map(sampleGroup);
    const { html, text } = renderMail(content({ openGroups }));
    for (const part of [html, text]) assert.ok(Buffer.byteLength(part) <= 100_000, `${Buffer.byteLength(part)} bytes`);
  });

  test('passes on what readers must know of the audit, since it may be the only mail', () => {
    const ownersProblem = { problem: 'listing users was answered with 403', hint: '' };
    const discardedRecipients = [{ recipient: 'a@acme.com', count: 1 }];
    const report = sampleReport([], { rejudgedCount: 2, discardedRecipients, ownersProblem });
    assert.equal(content({ report }).notes.length, 2);
    assert.equal(content({ report }).alerts.length, 1);
  });

  test('keeps the totals by age and the last weeks, whatever is open', () => {
    const openGroups = everyGroup('x', 50_000)
      .filter(({ transition }) => transition === 'opened')
      .map(sampleGroup);
    const { text } = renderMail(content({ openGroups }));
    assert.match(text, /\n {4}365 days and more: 1\n/);
    assert.match(text, /\n {4}2026-11-23: 214 tokens, 7 findings open\n/);
  });

  test('is never critical, since nothing in it is news', () => {
    const orphaned = sampleGroup({ kind: 'owner-deactivated', transition: 'opened', severity: 'critical' });
    assert.equal(content({ openGroups: [orphaned] }).isCritical, false);
  });
});
