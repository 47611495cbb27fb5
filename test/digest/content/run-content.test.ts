import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runContent } from '../../../src/digest/content/run-content.ts';
import type { RunReport } from '../../../src/history/report.ts';
import { noSeverityCounts } from '../../../src/rules/severity.ts';
import { labelled } from '../mail-parts.ts';
import { baselineReport, context, heldTokens, jane, type SampleGroup, sampleReport } from './sample-report.ts';

describe('the content of a digest', () => {
  test('stands worst first, with what was resolved last', () => {
    const { sections } = runContent(
      sampleReport([
        { kind: 'token-stale', transition: 'resolved', severity: 'high' },
        { kind: 'token-removed', severity: 'info' },
        { kind: 'token-created', severity: 'high' },
        { kind: 'token-identity-changed', severity: 'critical' },
      ]),
      context,
    );

    assert.deepEqual(
      sections.map(({ severity, title }) => `${severity}: ${title}`),
      ['critical: Token identity changed', 'high: New token', 'info: Removed token', 'null: Good news: resolved'],
    );
  });

  test('says all in one line: what is new, and how many tokens there are', () => {
    const leadOf = (groups: SampleGroup[], differences: Partial<RunReport> = {}): string =>
      runContent(sampleReport(groups, differences), context).lead;

    assert.equal(
      leadOf([
        { kind: 'token-stale', transition: 'opened', severity: 'low', count: 3 },
        { kind: 'owner-missing', transition: 'opened', severity: 'critical', tokens: heldTokens(1) },
        { kind: 'token-created', severity: 'high', count: 2 },
      ]),
      '1 orphaned, 2 new, 3 stale; 214 tokens in all.',
    );
    assert.equal(leadOf([]), 'Nothing new; 214 tokens in all.');
    const one = { ...sampleReport([]).run, tokenCount: 1 };
    assert.equal(leadOf([], { run: one }), 'Nothing new; 1 token in all.');
  });

  test('names the run, tells what changed since when, and counts the tokens', () => {
    const openBySeverity = { ...noSeverityCounts(), high: 1 };

    const { paragraphs, footer, moreCommand } = runContent(sampleReport([], { openBySeverity }), context);

    assert.deepEqual(paragraphs, [
      'Changes from 2026-11-22 07:00 UTC to 2026-11-23 07:00 UTC. 200 personal, 14 organization. 1 finding open.',
    ]);
    assert.equal(footer, 'omni-token-audit, audit 12 of https://acme.omniapp.co');
    assert.equal(moreCommand, 'omni-token-audit findings --open');
  });

  test('ends with the command that lists its findings, or what stands where it has none', () => {
    const commandOf = (groups: SampleGroup[]): string | null => runContent(sampleReport(groups), context).moreCommand;

    assert.equal(commandOf([{ kind: 'token-created', severity: 'high' }]), 'omni-token-audit findings --run 12');
    assert.equal(commandOf([]), 'omni-token-audit findings --open');
  });

  for (const [severity, transition, isCritical] of [
    ['critical', 'opened', true],
    ['high', 'opened', false],
    ['info', 'resolved', false],
  ] as const) {
    test(`is ${isCritical ? '' : 'not '}critical where a finding of severity ${severity} is ${transition}`, () => {
      const low: SampleGroup = { kind: 'token-renamed', severity: 'low' };

      const content = runContent(sampleReport([low, { kind: 'owner-missing', transition, severity }]), context);

      assert.equal(content.isCritical, isCritical);
    });
  }

  test('counts what stands over all severities, and what of it is acknowledged', () => {
    const openBySeverity = { critical: 1, high: 2, medium: 3, low: 4, info: 5 };

    const { paragraphs } = runContent(sampleReport([], { openBySeverity, acknowledgedCount: 6 }), context);

    assert.match(paragraphs[0] ?? '', / 15 findings open \(6 acknowledged\)\.$/);
  });

  test('of a baseline says that earlier changes are unknown', () => {
    const text = runContent(baselineReport([]), context).paragraphs.join(' ');

    assert.match(text, /first audit with this database/);
    assert.match(text, /If you did not just install it, earlier changes are unknown/);
  });

  test('of a baseline lists the newest tokens last, with their exact count', () => {
    const token = {
      id: 'a1',
      name: 'fresh',
      type: 'personal',
      enabled: true,
      createdAt: '2026-11-20T00:00:00.000Z',
      membershipId: 'c3',
    };
    const stale: SampleGroup = { kind: 'token-stale', transition: 'opened', severity: 'low' };

    const { sections } = runContent(
      baselineReport([stale], { recent: { count: 31, tokens: [{ token, owner: jane }] } }),
      context,
    );

    const last = sections.at(-1);
    assert.equal(sections.length, 2);
    assert.equal(last?.title, 'Made in the last 30 days');
    assert.equal(last.severity, null);
    assert.equal(last.count, 31);
    assert.equal(last.moreCommand, 'omni-token-audit tokens --run 1');
    assert.deepEqual(
      last.rows.map(({ title }) => title),
      ['"fresh"'],
    );
    const [row] = last.rows;
    assert.ok(row !== undefined);
    assert.equal(labelled(row, 'Owner'), '"Jane Doe" (jane@acme.example)');
  });

  test('of a baseline has no list of recent tokens where there is none', () => {
    assert.deepEqual(runContent(baselineReport([], { recent: { count: 0, tokens: [] } }), context).sections, []);
  });

  test('notes what is odd about the audit itself', () => {
    const { notes } = runContent(sampleReport([], { rejudgedCount: 1 }), context);

    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /thresholds\b.* were changed: 1 finding .* is not listed/i);
  });

  test('has no notes where nothing is odd', () => {
    assert.deepEqual(runContent(sampleReport([]), context).notes, []);
  });

  test('quotes types that are not plain words', () => {
    const tokensByType = [
      { type: 'mcp', count: 2 },
      { type: 'x\u202e', count: 1 },
    ];

    const { paragraphs } = runContent(sampleReport([], { tokensByType }), context);

    assert.match(paragraphs[0] ?? '', / UTC\. 2 mcp, 1 "x⟨U\+202E⟩"\.$/);
  });
});
