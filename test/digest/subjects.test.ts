import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { quietReport, sampleOutage, sampleSummary } from '../../scripts/sample-contents.ts';
import { sampleContext as context } from '../../src/demo/sample-report.ts';
import { recoveredContent } from '../../src/digest/content/outage-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { subjectLine, subjectPrefix } from '../../src/digest/content/subject.ts';
import { inventoryContent, summaryContent } from '../../src/digest/content/summary-content.ts';
import type { RunReport } from '../../src/history/report.ts';
import { noMailReport } from '../../src/history/report.ts';
import type { FindingGroup } from '../../src/rules/finding-groups.ts';
import { noSeverityCounts } from '../../src/rules/severity.ts';
import { ownerGroup, ownersTokens, reportOf, sampleGroup } from './sample-groups.ts';

const stale = sampleGroup('token-stale', { severity: 'low', transition: 'opened', count: 3 });
const removed = sampleGroup('token-removed', { count: 1 });

describe('the subject of a digest', () => {
  const subjects: [groups: FindingGroup[], subject: string][] = [
    [[], 'Acme: nothing new'],
    [[removed, sampleGroup('token-created', { severity: 'medium', count: 2 })], 'Acme: 2 new, 1 removed'],
    [[sampleGroup('token-created', { severity: 'high' }), removed], 'Acme (high): 1 new, 1 removed'],
    [
      [
        sampleGroup('token-created', { severity: 'high', count: 120 }),
        sampleGroup('token-created', { severity: 'low' }),
      ],
      'Acme (high): 121 new',
    ],
    [
      [stale, { ...stale, transition: 'escalated', count: 1 }, { ...stale, transition: 'expired', count: 2 }],
      'Acme: 6 stale',
    ],
    [
      [
        { ...stale, transition: 'resolved', severity: 'high' },
        { ...removed, transition: 'resolved' },
      ],
      'Acme: 4 resolved',
    ],
    // For orphaned tokens the subject counts tokens, for idle owners it counts owners.
    [
      [ownerGroup('owner-deactivated', ownersTokens(3)), ownerGroup('owner-missing', ownersTokens(4))],
      'Acme (critical): 7 orphaned',
    ],
    [[ownerGroup('owner-idle', ownersTokens(2))], 'Acme: 1 idle'],
  ];
  for (const [groups, subject] of subjects) {
    test(`is "${subject}"`, () => {
      const content = runContent(reportOf(groups), context);

      assert.equal(content.subject, `[Omni tokens] ${subject}`);
      assert.equal(content.isCritical, subject.includes('critical'));
    });
  }

  test('says, like the first sentence, that owners have become unknown', () => {
    const both = (groups: FindingGroup[]): string[] => {
      const { subject, lead } = runContent(reportOf(groups, { ownersLost: true }), context);
      return [subject, lead];
    };

    assert.deepEqual(both([removed]), [
      '[Omni tokens] Acme: 1 removed, owners unknown',
      '1 removed, owners unknown; 214 tokens in all.',
    ]);
    assert.deepEqual(both([]), ['[Omni tokens] Acme: owners unknown', 'Owners unknown; 214 tokens in all.']);
  });

  test('stays on one short line, whatever the organisation is called', () => {
    const subjectFor = (organizationName: string): string =>
      runContent(reportOf([]), { ...context, organizationName }).subject;

    assert.equal(
      subjectFor(`Acme\r\nBcc: victim@example.com ${'x'.repeat(500)}`),
      '[Omni tokens] Acme⟨U+000D⟩⟨U+000A⟩Bcc: …: nothing new',
    );
    assert.equal(subjectFor('Acme Analytics Europe GmbH'), '[Omni tokens] Acme Analytics Europe GmbH: nothing new');
    assert.equal(subjectFor('🔑'.repeat(30)), `[Omni tokens] ${'🔑'.repeat(25)}…: nothing new`);
  });

  test('leads with the worst, then says what is unknown, and counts what does not fit', () => {
    const groups = [
      sampleGroup('token-created', { severity: 'medium', count: 2 }),
      sampleGroup('token-enabled', { severity: 'high' }),
      ownerGroup('owner-deactivated', ownersTokens(3)),
      sampleGroup('mcp-client-new', { severity: 'medium' }),
      removed,
      stale,
      { ...stale, transition: 'resolved' as const },
    ];
    const { subject, lead } = runContent(reportOf(groups, { ownersLost: true }), context);

    assert.equal(subject, '[Omni tokens] Acme (critical): 3 orphaned, owners unknown, 1 re-enabled, 2 new, +8 more');
    assert.equal(
      lead,
      '3 orphaned, owners unknown, 1 re-enabled, 2 new, 1 new MCP client, 3 stale, 1 removed, 3 resolved; 214 tokens in all.',
    );
  });

  test('has at most 90 characters, and nothing in it is left out without being counted', () => {
    const part = fc.record({ count: fc.integer({ min: 1, max: 100_000 }), word: fc.stringMatching(/^[a-z ]{1,25}$/) });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.array(part, { minLength: 1 }), (name, drawn) => {
        const beginning = `${subjectPrefix({ organizationName: name })} (critical):`;
        const line = subjectLine(
          beginning,
          drawn.map(({ count, word }) => ({ count, text: `${count} ${word}` })),
        );
        assert.ok(line.startsWith(beginning) && [...line].length <= 90, line);
        const total = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0);
        const said = total((line.slice(beginning.length).match(/\d+/g) ?? []).map(Number));
        assert.equal(said, total(drawn.map(({ count }) => count)), line);
      }),
    );
  });
});

test('the subject of a baseline counts the tokens and what needs attention', () => {
  const run = { ...quietReport.run, isBaseline: true };
  const subjects = [3, 1, 0].map(
    (openSubjects) => runContent(reportOf([stale], { run, previous: null, openSubjects }), context).subject,
  );

  assert.deepEqual(subjects, [
    '[Omni tokens] Acme: baseline of 214 tokens, 3 need attention',
    '[Omni tokens] Acme: baseline of 214 tokens, 1 needs attention',
    '[Omni tokens] Acme: baseline of 214 tokens, none needs attention',
  ]);
  const unresolved = reportOf([], { run, previous: null, openSubjects: 0, ownersUnresolved: 5 });
  assert.equal(
    runContent(unresolved, context).subject,
    '[Omni tokens] Acme: baseline of 214 tokens, 5 owners unresolved',
  );
});

describe('the subject and the first sentence of a summary', () => {
  const openLow = (low: number): Partial<RunReport> => ({ openBySeverity: { ...noSeverityCounts(), low } });
  const cases: [
    what: string,
    open: FindingGroup[],
    report: Partial<RunReport>,
    days: number,
    subject: string,
    lead: string,
  ][] = [
    ['nothing is open', [], {}, 7, 'all clear, 7 of 8 audits completed', 'All clear: nothing is open.'],
    [
      'owners are unresolved',
      [],
      { ownersUnresolved: 6, clockChecked: false },
      7,
      'weekly summary, 0 open, 6 owners unresolved, clock not checked',
      'Nothing is open, but not all is known: 6 owners unresolved, clock not checked.',
    ],
    ['it is not weekly', [stale], openLow(3), 14, 'summary, 3 open', 'Still open: 3 stale.'],
    [
      'one more is acknowledged',
      [stale],
      { ...openLow(4), acknowledgedCount: 1 },
      7,
      'weekly summary, 4 open',
      'Still open: 3 stale, 1 more acknowledged.',
    ],
    [
      'everything is acknowledged',
      [],
      { ...openLow(2), acknowledgedCount: 2 },
      7,
      'weekly summary, 2 open',
      'All that is open is acknowledged: 2 findings.',
    ],
    [
      'an owner’s tokens are orphaned',
      [ownerGroup('owner-deactivated', ownersTokens(2))],
      openLow(1),
      7,
      'weekly summary, 1 open',
      'Still open: 2 orphaned.',
    ],
  ];
  for (const [what, openGroups, report, days, subject, lead] of cases) {
    test(`are right when ${what}`, () => {
      const facts = { ...sampleSummary, report: { ...quietReport, ...report }, openGroups };
      const content = summaryContent(facts, days, context);

      assert.equal(content.subject, `[Omni tokens] Acme: ${subject}`);
      assert.equal(content.lead, `${lead} 214 tokens in all.`);
      assert.equal(content.isCritical, false);
    });
  }

  test('count one audit and one token in the singular', () => {
    const run = { ...quietReport.run, tokenCount: 1 };
    const period = { ...sampleSummary.period, since: null, runs: 1, complete: 1 };
    const facts = { ...sampleSummary, report: { ...quietReport, run }, openGroups: [], period };

    assert.equal(summaryContent(facts, 7, context).subject, '[Omni tokens] Acme: all clear, 1 of 1 audit completed');
    assert.equal(inventoryContent(facts, [], context).subject, '[Omni tokens] Acme: inventory of 1 token');
  });
});

describe('the subject of the mail about a recovered audit', () => {
  const spans: [startedAt: string, outage: string][] = [
    ['2026-11-22T07:01:00.000Z', '1 minute'],
    ['2026-11-22T08:59:00.000Z', '119 minutes'],
    ['2026-11-22T09:00:00.000Z', '2 hours'],
    ['2026-11-24T06:00:00.000Z', '47 hours'],
    ['2026-11-24T07:00:00.000Z', '2 days'],
    ['2026-11-21T07:00:00.000Z', '0 minutes'],
  ];
  for (const [startedAt, outage] of spans) {
    test(`says that audits recovered after ${outage}`, () => {
      const { subject, paragraphs } = recoveredContent(sampleOutage, { id: 17, startedAt }, noMailReport, context);

      assert.equal(subject, `[Omni tokens] Acme: audit recovered after ${outage}`);
      assert.ok(paragraphs[0]?.startsWith(`No audit completed for ${outage} (since 2026-11-22 08:00 UTC+1).`));
    });
  }

  test('counts from the first failure when no audit has ever completed', () => {
    const run = { id: 17, startedAt: '2026-11-23T08:00:00.000Z' };

    const { subject } = recoveredContent({ ...sampleOutage, lastCompleteAt: null }, run, noMailReport, context);

    assert.equal(subject, '[Omni tokens] Acme: audit recovered after 60 minutes');
  });
});
