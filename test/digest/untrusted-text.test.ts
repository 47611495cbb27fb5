import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { failingContent, recoveredContent } from '../../src/digest/content/outage-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { inventoryContent, summaryContent } from '../../src/digest/content/summary-content.ts';
import { testContent } from '../../src/digest/content/test-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import type { Outage } from '../../src/history/report.ts';
import type { FindingKind } from '../../src/rules/catalogue.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseenInLines } from '../support/unseen.ts';
import {
  baselineReport,
  context,
  ended,
  heldTokens,
  jane,
  made,
  ownedToken,
  type SampleGroup,
  sampleGroup,
  sampleReport,
  trend,
} from './content/sample-report.ts';
import { htmlSections, type ReadSection, readableText, structureOf, textSections } from './mail-parts.ts';

const startedAt = '2026-11-23T07:00:00.000Z';
const period = { since: null, inventorySince: null, attempts: 1, complete: 1, newRecordFields: [] };

/** Findings of several kinds, some of them resolved. */
function groupsOf(sample: Partial<SampleGroup>): SampleGroup[] {
  const shapes: [FindingKind, SampleGroup['transition'], SampleGroup['severity']][] = [
    ['owner-deactivated', 'opened', 'critical'],
    ['token-identity-changed', 'event', 'critical'],
    ['credential-changed', 'event', 'critical'],
    ['token-created', 'event', 'high'],
    ['type-first-seen', 'event', 'medium'],
    ['token-renamed', 'event', 'low'],
    ['owner-idle', 'opened', 'low'],
    ['token-stale', 'resolved', 'info'],
    ['owner-idle', 'resolved', 'info'],
  ];
  return shapes.map(([kind, transition = 'event', severity]) => ({
    kind,
    transition,
    severity,
    type: 'service',
    ...sample,
  }));
}

function outage(error: string): Outage {
  const failingSince = '2026-11-22T07:00:00.000Z';
  const lastMailAt = { failing: null, breaker: null };
  const errors = [{ at: startedAt, error }];
  return {
    failingSince,
    lastFailureAt: startedAt,
    failedCount: 1,
    errors,
    lastCompleteAt: null,
    thread: [],
    lastMailAt,
  };
}

/** Every place of every mail where text can stand that somebody else wrote. */
const places: Record<string, (name: string) => MailContent> = {
  'the names of tokens': (name) => {
    const groups = groupsOf({ names: [name], tokens: heldTokens(2, { name, type: 'mcp' }) });
    return runContent(sampleReport(groups.filter(({ kind }) => kind !== 'credential-changed')), context);
  },
  'the role of the credential of the audit': (name) =>
    runContent(sampleReport([{ kind: 'credential-changed', severity: 'critical', names: [name] }]), context),
  'the display names of owners': (name) =>
    runContent(sampleReport(groupsOf({ membershipId: 'c3', owner: { ...jane, displayName: name } })), context),
  'the user names of owners': (name) =>
    runContent(sampleReport(groupsOf({ membershipId: 'c3', owner: { ...jane, userName: name } })), context),
  'the only names of owners': (name) =>
    runContent(
      sampleReport(groupsOf({ membershipId: 'c3', owner: { ...jane, displayName: null, userName: `x${name}` } })),
      context,
    ),
  'the types of tokens': (name) =>
    runContent(
      sampleReport(groupsOf({ type: name, tokens: heldTokens(2, { type: name }) }), {
        tokensByType: [{ type: name, count: 1 }],
      }),
      context,
    ),
  'the new tokens of a baseline': (name) =>
    runContent(
      baselineReport([], {
        recent: { count: 1, tokens: [ownedToken({ name, type: name }, { ...jane, displayName: name })] },
      }),
      context,
    ),
  'the reasons of acknowledgements': (name) =>
    runContent(
      sampleReport([], { acknowledgements: [made({ reason: name }), ended({ because: 'revoked', by: 'kim' })] }),
      context,
    ),
  'those who acknowledge': (name) =>
    runContent(
      sampleReport([], { acknowledgements: [made({ by: name }), ended({ because: 'revoked', by: name })] }),
      context,
    ),
  'the tokens that are acknowledged': (name) =>
    runContent(sampleReport([], { acknowledgements: [made({ tokenName: name })] }), context),
  'the alert and the notes': (name) =>
    runContent(
      sampleReport([], {
        ownersProblem: { problem: name, hint: `look at ${name}` },
        discardedRecipients: [{ recipient: name, count: 1 }],
      }),
      context,
    ),
  'the summary': (name) => {
    const report = sampleReport([], { tokensByType: [{ type: name, count: 1 }] });
    const openGroups = groupsOf({ names: [name], type: name }).map(sampleGroup);
    return summaryContent({ report, openGroups, period, trend }, 7, context);
  },
  'the inventory': (name) => {
    const inventory = [
      { type: name, count: 1, tokens: [ownedToken({ name, type: name }, { ...jane, userName: name })] },
    ];
    return inventoryContent({ report: sampleReport([]), openGroups: [], period, trend }, inventory, context);
  },
  'the errors and the hint of a failing audit': (name) =>
    failingContent(outage(name), `look at ${name}`, 'failing', context),
  'the organisation in a digest': (name) =>
    runContent(sampleReport(groupsOf({})), { ...context, organizationName: name }),
  'the organisation in the mail about a failing audit': (name) =>
    failingContent(outage('x'), '', 'breaker', { ...context, organizationName: name }),
  'the organisation in the mail about a recovered audit': (name) =>
    recoveredContent(outage('x'), { id: 12, startedAt }, { ...context, organizationName: name }),
  'the organisation in the test mail': (name) =>
    testContent(new Date(startedAt), { ...context, organizationName: name }),
};

/** Who can write there is no reader of the mail, nor the one who runs the audit. */
const namesOfOthers = ['the names of tokens', 'the display names of owners', 'the user names of owners'];

function countsOf(sections: readonly ReadSection[]): unknown[] {
  return sections.map(({ count, rows, leftOut }) => [count, rows, leftOut]);
}

for (const [place, contentWith] of Object.entries(places)) {
  describe(`a hostile text in ${place}`, () => {
    const innocent = renderMail(contentWith('innocent'));
    const mails = hostile.tokens.map(({ name }) => ({
      name: JSON.stringify(name.slice(0, 40)),
      mail: renderMail(contentWith(name)),
    }));

    test('leaves the structure of the HTML part as it is', () => {
      for (const { name, mail } of mails) {
        assert.deepEqual(structureOf(mail.html), structureOf(innocent.html), name);
        assert.deepEqual(countsOf(htmlSections(mail.html)), countsOf(htmlSections(innocent.html)), name);
      }
    });

    test('begins no paragraph, section or row of the text part', () => {
      for (const { name, mail } of mails) {
        assert.equal(mail.text.split('\n\n').length, innocent.text.split('\n\n').length, name);
        assert.deepEqual(countsOf(textSections(mail.text)), countsOf(textSections(innocent.text)), name);
      }
    });

    test('shows no control, format or bidi character anywhere, and breaks no subject', () => {
      for (const { name, mail } of mails) {
        for (const part of [mail.text, mail.html, mail.subject]) assert.doesNotMatch(part, unseenInLines, name);
        assert.doesNotMatch(mail.subject, /[\r\n]/, name);
        assert.ok(mail.subject.length < 600, `${name}: ${mail.subject.length} characters`);
      }
    });

    test('loads, links and runs nothing', () => {
      for (const { name, mail } of mails) {
        const tags = structureOf(mail.html).join('\n');
        assert.doesNotMatch(tags, /<(a|img|script|iframe|form|link|base|object|svg)\b|\s(href|src|on\w+)=/i, name);
        assert.doesNotMatch(mail.html, /url\(|@import/i, name);
      }
    });

    if (namesOfOthers.includes(place)) {
      test('holds no address that a reader would make a link of', () => {
        for (const { name, mail } of mails) {
          for (const part of [mail.text, readableText(mail.html), mail.subject]) {
            assert.doesNotMatch(part.replaceAll(context.baseUrl, ''), /:\/\/|\bwww\./i, name);
          }
        }
      });
    }
  });
}
