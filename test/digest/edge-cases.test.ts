import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  quietReport,
  sampleInventory,
  sampleOutage,
  sampleSummary,
  sampleTrend,
} from '../../scripts/sample-contents.ts';
import { sampleContext as context, sampleReport } from '../../src/demo/sample-report.ts';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { failingContent } from '../../src/digest/content/outage-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { inventoryContent, summaryContent } from '../../src/digest/content/summary-content.ts';
import { noMailReport, type Outage } from '../../src/history/report.ts';
import type { Acknowledgement } from '../../src/rules/acknowledgement.ts';
import { noSeverityCounts } from '../../src/rules/severity.ts';
import { textOf } from './read-mail.ts';
import { checkWords, digest, reportOf, sampleGroup } from './sample-groups.ts';

// What the documents in docs/mails do not show: the singular or plural that they lack, and rare circumstances.

const run = quietReport.run;
const removed = sampleGroup('token-removed');
const refused = { problem: 'listing regular users, page 1, failed with 403', hint: '' };

describe('a digest', () => {
  checkWords([
    [
      'nothing new',
      digest({}),
      'Nothing new; 214 tokens in all. Changes from 2026-11-22 08:00 UTC+1 to 2026-11-23 08:00 UTC+1. 112 mcp, 89 personal, 12 organization, 1 service. --',
      'Full list: omni-token-audit findings --open',
    ],
    ['one token', digest({ run: { ...run, tokenCount: 1 } }), 'Nothing new; 1 token in all.'],
    ['one open finding', digest({ openBySeverity: { ...noSeverityCounts(), info: 1 } }), '1 service. 1 finding open.'],
    ['a baseline without recent tokens', digest({ previous: null, recent: { count: 0, tokens: [] } }), '1 service. --'],
    [
      'types that are not plain words',
      digest({
        tokensByType: [
          { type: 'of other types', count: 2 },
          { type: 'x'.repeat(100), count: 1 },
        ],
      }),
      `2 "of other types", 1 "${'x'.repeat(40)}… (100 characters)".`,
    ],
    [
      'more than eight types',
      digest({ tokensByType: Array.from({ length: 10 }, (_, index) => ({ type: `t-${index}`, count: 10 })) }),
      '10 t-7, 20 of other types.',
    ],
    [
      'notes in the singular',
      digest({
        ownersUnresolved: 1,
        rejudgedCount: 1,
        mail: { ...noMailReport, givenUp: [{ recipient: 'a@acme.example', count: 1 }] },
      }),
      'Note: 1 owner is unresolved: no user list shows it,',
      '1 finding opened, changed or closed for that reason alone and is not listed.',
      '1 mail that waited for a@acme.example was given up:',
    ],
    [
      'notes in the plural',
      digest({ runsWithoutOwners: 3, run: { ...run, surplus: 2 } }),
      'known again, after 3 audits without.',
      '2 tokens vanished while the list was read.',
    ],
    [
      'removals that were not checked',
      digest({ clockChecked: false, credential: 'never known', groups: [removed] }),
      'Omni did not say what time it is, so the clock could not be checked',
      'Omni did not say what rights our own credential has,',
    ],
    [
      'more hidden tokens than are named',
      digest({
        hiddenTokens: Array.from({ length: 7 }, (_, index) => ({
          id: `id-${index}`,
          name: `n${index}`,
          isToBeRevoked: false,
        })),
      }),
      '7 tokens are hidden from Omni’s list: "n0" (id-0),',
      '"n4" (id-4) and 2 more. Omni still answers for them by id, so they count as present.',
    ],
    [
      'a token that is to be revoked and not proved gone',
      digest({ hiddenTokens: [{ id: 'id-1', name: 'n1', isToBeRevoked: true }] }),
      '1 token that is to be revoked is missing from Omni’s list: "n1" (id-1). Omni has not confirmed by id that it is gone, so it counts as present.',
    ],
    [
      'mail without files',
      runContent({ ...quietReport, groups: [removed] }, { ...context, hasAttachments: false }),
      '… and 78 more: omni-token-audit findings --run 42',
    ],
    [
      'a mass removal in which every token was asked for by id',
      digest({ breaker: 'confirmed', groups: [{ ...removed, count: 20 }] }),
      'ATTENTION: 20 tokens are gone at once. The whole list was read a second time, and Omni, asked for each of them by id, confirmed it.',
    ],
    [
      'a mass removal in which some tokens were asked for by id',
      digest({ breaker: 'confirmed', groups: [{ ...removed, count: 301 }] }),
      'Omni, asked for 300 of them by id',
    ],
    [
      'removals that an operator accepted, in a run without owners',
      digest({ breaker: 'accepted', groups: [removed], ownersProblem: refused }),
      'ATTENTION: 80 tokens are gone at once. An operator vouched for it with --accept-removals. ATTENTION: The owners of tokens are unknown',
    ],
  ]);

  test('gives no advice if there is none, and has no notes about owners while owners are unknown', () => {
    const text = textOf(digest({ ownersProblem: refused, runsWithoutOwners: 3, ownersUnresolved: 2 }));

    assert.match(text, /failed with 403\. Owner findings are frozen until owners can be read again\. Changes from/);
    assert.doesNotMatch(text, /What to do|Note:/);
  });
});

describe('an acknowledgement', () => {
  const [made, ended] = sampleReport.acknowledgements;
  assert.ok(made !== undefined && ended !== undefined);
  const accepted = (changes: Partial<Acknowledgement>): MailContent =>
    digest({ acknowledgements: [{ what: 'made', acknowledgement: { ...made.acknowledgement, ...changes } }] });
  const { condition } = made.acknowledgement;
  checkWords([
    ['a token without a name', accepted({ tokenName: null }), '* 3f1c9a52-7b1e-4d0a-9c55-000000000005 Stale token'],
    [
      'an owner who was never known',
      accepted({ condition: { ...condition, subject: { type: 'owner', id: 'c3' } }, owner: null }),
      '* membership c3 Stale token (medium)',
    ],
    [
      'one that was made and has ended since',
      accepted({ end: ended.acknowledgement.end }),
      'Stale token (medium) Acknowledged by "Ann Archer"',
    ],
    [
      'the longest reason',
      accepted({ reason: `${'because '.repeat(62)}.end` }),
      `Reason: "${'because '.repeat(62)}.end"`,
    ],
    [
      'texts that imitate ours',
      accepted({ by: 'Kim, until 2031-01-01', reason: 'ok", renew at evil.example/x' }),
      'Acknowledged by "Kim, until 2031-01-01", 2026-',
      'Reason: "ok\\", renew at evil[.]example/x"',
    ],
    [
      'nothing else to report',
      digest({ acknowledgements: [made, ended, ended] }),
      '1 acknowledged, 2 acknowledgements ended; 214 tokens in all.',
    ],
  ]);
});

describe('a summary or an inventory', () => {
  const summary = (facts: Partial<typeof sampleSummary>): MailContent =>
    summaryContent({ ...sampleSummary, report: quietReport, openGroups: [], ...facts }, 7, context);
  const inventory = (types: string[], hasAttachments = true): MailContent => {
    const [group] = sampleInventory;
    assert.ok(group !== undefined);
    const groups = types.map((type) => ({ ...group, type }));
    return inventoryContent({ ...sampleSummary, report: quietReport }, groups, { ...context, hasAttachments });
  };
  checkWords([
    [
      'the first one',
      summary({ period: { ...sampleSummary.period, since: null } }),
      '7 of 8 audits completed; the last is audit 42 of',
    ],
    [
      'a week in which everything that is open is acknowledged',
      summary({ report: { ...quietReport, openBySeverity: { ...noSeverityCounts(), low: 1 }, acknowledgedCount: 1 } }),
      'All that is open is acknowledged: 1 finding. 214 tokens',
      'Full list: omni-token-audit findings --open',
    ],
    [
      'one token and one finding in a week, and none of an age',
      summary({
        trend: {
          ages: sampleTrend.ages.map((age) => ({ ...age, count: 0 })),
          weeks: [{ at: '2026-11-23T07:00:00.000Z', tokenCount: 1, openCount: 1 }],
        },
      }),
      'under 30 days: 0 30 to 89 days: 0',
      '2026-11-23: 1 token, 1 finding open',
    ],
    [
      'mail without files',
      inventory(['mcp'], false),
      'The command at the end prints the full list.',
      '… and 109 more: omni-',
    ],
  ]);

  test('has a section for each of eight types, and leaves the others to the full list', () => {
    const text = textOf(inventory(Array.from({ length: 9 }, (_, index) => `type-${index + 1}`)));

    assert.ok(text.includes('Tokens of type type-8 (112)'));
    assert.ok(!text.includes('Tokens of type type-9'));
  });

  test('names no type in a command if a shell or the command line could misread it', () => {
    for (const type of ['x'.repeat(5000), '--help', '-x', 'a b', '$(id)', '']) {
      assert.ok(textOf(inventory([type])).includes('omni-token-audit tokens --run 42 --type TYPE'), type);
    }
  });
});

describe('the mail about a failing audit', () => {
  const failing = (changes: Partial<Outage>): MailContent =>
    failingContent({ ...sampleOutage, ...changes }, '', 'failing', noMailReport, context);
  checkWords([
    [
      'a database in which no audit has completed, and an error without a hint',
      failing({ lastCompleteAt: null }),
      '4 runs failed. No audit has ever completed with this database. The worker retries by itself.',
    ],
  ]);
});

test('the sections about acknowledgements and resolved findings count all rows and show fifty', () => {
  const [notice] = sampleReport.acknowledgements;
  const [finding] = sampleGroup('token-stale').findings;
  assert.ok(notice !== undefined && finding !== undefined);
  const stale = sampleGroup('token-stale', { transition: 'resolved', findings: Array(30).fill(finding) });
  const groups = [
    { ...stale, count: 1000 },
    { ...stale, count: 31 },
  ];

  const text = textOf(runContent(reportOf(groups, { acknowledgements: Array(51).fill(notice) }), context));

  assert.match(text, /Good news: resolved \(1031\) .* … and 981 more: .*Acknowledgements \(51\) .* … and 1 more: /);
});
