import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runContent } from '../../src/digest/run-content.ts';
import type { RunReport } from '../../src/domain/run-report.ts';
import { baselineReport, context, type SampleGroup, sampleReport } from './sample-report.ts';

function subjectOf(report: RunReport, organizationName = 'Acme'): string {
  return runContent(report, { ...context, organizationName }).subject;
}

const mixes: [SampleGroup[], string][] = [
  [
    [
      { kind: 'token-disabled', severity: 'info', count: 1 },
      { kind: 'token-created', severity: 'high', count: 2 },
    ],
    '[Omni tokens] Acme (high): 2 new, 1 disabled',
  ],
  [[{ kind: 'token-created', severity: 'medium' }], '[Omni tokens] Acme: 1 new'],
  [
    [
      { kind: 'token-created', severity: 'high', count: 1 },
      { kind: 'token-created', severity: 'medium', count: 2 },
      { kind: 'token-enabled', severity: 'high', count: 1 },
      { kind: 'token-disabled', severity: 'info', count: 1 },
      { kind: 'token-removed', severity: 'info', count: 1 },
      { kind: 'token-stale', turn: 'opened', severity: 'low', count: 3 },
      { kind: 'token-owner-changed', severity: 'critical', count: 1 },
    ],
    '[Omni tokens] Acme (critical): 1 changed owner, 3 new, 1 re-enabled, 1 disabled, 1 removed, 3 stale',
  ],
  [[{ kind: 'token-stale', turn: 'worsened', severity: 'high' }], '[Omni tokens] Acme (high): 1 stale'],
  [[{ kind: 'token-removed', severity: 'info', count: 50_000 }], '[Omni tokens] Acme: 50000 removed'],
  [[{ kind: 'token-stale', turn: 'resolved', severity: 'low', count: 2 }], '[Omni tokens] Acme: 2 resolved'],
  [[], '[Omni tokens] Acme: nothing new'],
];

describe('the subject of a digest', () => {
  for (const [groups, subject] of mixes) {
    test(`is "${subject}"`, () => {
      assert.equal(subjectOf(sampleReport(groups)), subject);
    });
  }

  test('of a baseline counts the tokens and what needs attention', () => {
    const stale: SampleGroup = { kind: 'token-stale', turn: 'opened', severity: 'high' };

    assert.deepEqual(
      [3, 1, 0].map((subjectsStanding) => subjectOf(baselineReport([stale], { subjectsStanding }))),
      [
        '[Omni tokens] Acme: baseline of 214 tokens, 3 need attention',
        '[Omni tokens] Acme: baseline of 214 tokens, 1 needs attention',
        '[Omni tokens] Acme: baseline of 214 tokens, none needs attention',
      ],
    );
  });

  test('stays one line of bounded length, whatever the organisation is called', () => {
    const subject = subjectOf(sampleReport([]), `Acme\r\nBcc: victim@example.com ${'x'.repeat(500)}`);

    assert.match(
      subject,
      /^\[Omni tokens\] Acme⟨U\+000D⟩⟨U\+000A⟩Bcc: victim@example\.com x+… \(530 characters\): nothing new$/,
    );
    assert.ok(subject.length < 150, `${subject.length} characters`);
  });
});

describe('the content of a digest', () => {
  test('stands worst first, with what was resolved last', () => {
    const { sections } = runContent(
      sampleReport([
        { kind: 'token-stale', turn: 'resolved', severity: 'high' },
        { kind: 'token-removed', severity: 'info' },
        { kind: 'token-created', severity: 'high' },
        { kind: 'token-owner-changed', severity: 'critical' },
      ]),
      context,
    );

    assert.deepEqual(
      sections.map(({ severity, title }) => `${severity}: ${title}`),
      ['critical: Owner changed', 'high: New token', 'info: Removed token', 'high: Stale token: resolved'],
    );
  });

  test('names the run and the run before, and counts the tokens', () => {
    const { lead, paragraphs, moreCommand } = runContent(sampleReport([], { subjectsStanding: 1 }), context);

    assert.equal(lead, '');
    assert.deepEqual(paragraphs, [
      'Audit 12 of 2026-11-23 07:00 UTC, compared with audit 11 of 2026-11-22 07:00 UTC.',
      '214 tokens in all: 200 personal, 14 organization. 1 token with an open finding.',
    ]);
    assert.equal(moreCommand, 'omni-token-audit findings --run 12');
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
    const stale: SampleGroup = { kind: 'token-stale', turn: 'opened', severity: 'low' };

    const { sections } = runContent(baselineReport([stale], { recent: { count: 31, tokens: [token] } }), context);

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
  });

  test('of a baseline has no list of recent tokens where there is none', () => {
    assert.deepEqual(runContent(baselineReport([], { recent: { count: 0, tokens: [] } }), context).sections, []);
  });

  test('notes what is odd about the audit itself', () => {
    const report = sampleReport([], { rejudgedCount: 1, discardedRecipients: [{ recipient: 'a@acme.com', count: 2 }] });

    const { notes } = runContent({ ...report, run: { ...report.run, surplus: 2 } }, context);

    assert.equal(notes.length, 3);
    assert.match(notes[0] ?? '', /^2 tokens vanished while the list was read/);
    assert.match(notes[1] ?? '', /thresholds .* were changed: 1 finding .* is not told one by one/);
    assert.match(notes[2] ?? '', /^2 mails that waited for a@acme\.com were given up/);
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

    assert.match(paragraphs[1] ?? '', /^214 tokens in all: 2 mcp, 1 "x⟨U\+202E⟩"\.$/);
  });
});
