import type { SummaryPeriod } from '../../history/report.ts';
import {
  type Inventory,
  type OwnedToken,
  openCount,
  type RunReport,
  type SummaryReport,
} from '../../history/report.ts';
import { quotedUnlessWord } from '../../text/visible.ts';
import { minuteOf, plural } from '../../text/words.ts';
import { undeliveredSections } from './delivery-section.ts';
import { findingSections, tokenRow } from './finding-section.ts';
import { type MailContent, type MailContext, type MailSection, mailFrame, plainSection } from './mail-content.ts';
import { orphanNotes, registerSections } from './register-section.ts';
import { doubts, roleLimits, runAlerts, runNotes } from './run-notes.ts';
import { subjectLine, subjectPrefix, uncounted } from './subject.ts';
import { partsText, tally } from './tally.ts';
import { maxTypes, totalsSection, totalsText } from './totals.ts';

/** What is open, worst first; or that nothing is, so that no mail always means trouble. */
export function summaryContent(facts: SummaryReport, reminderDays: number, context: MailContext): MailContent {
  const open = openCount(facts.report);
  const unproven = doubts(facts.report);
  const verdict =
    open === 0 && unproven.length === 0
      ? `all clear, ${audits(facts.period)}`
      : `${reminderDays === 7 ? 'weekly summary' : 'summary'}, ${open} open`;
  return {
    ...openFrame(facts, context),
    subject: subjectLine(`${subjectPrefix(context)}: ${verdict}`, uncounted(unproven)),
    sections: openSections(facts, context),
    moreCommand: open === 0 ? null : 'omni-token-audit findings --open',
  };
}

/** All tokens, for an access review, after what is open. */
export function inventoryContent(facts: SummaryReport, inventory: Inventory, context: MailContext): MailContent {
  const { run } = facts.report;
  const tokens = inventory.flatMap((group) => group.tokens);
  const frame = openFrame(facts, context, tokens);
  const where = context.hasAttachments
    ? 'The full list goes with this mail.'
    : 'The command at the end prints the full list.';
  return {
    ...frame,
    subject: `${subjectPrefix(context)}: inventory of ${plural(run.tokenCount, 'token')}`,
    paragraphs: [
      `For your access review: does each token still have a purpose and a person who answers for it? ${where}`,
      ...frame.paragraphs,
    ],
    sections: [
      // Its file has the tokens, and not these.
      ...openSections(facts, { ...context, hasAttachments: false }),
      // Omni has three types; a section for each of hundreds would be nonsense, and all of them are in the full list.
      ...inventory.slice(0, maxTypes).map((group) => inventorySection(group, facts.report, context)),
    ],
    moreCommand: `omni-token-audit tokens --run ${run.id} --format csv`,
  };
}

/** @param listed the tokens that the mail lists in addition to what is open */
function openFrame(
  { report, openGroups, period }: SummaryReport,
  context: MailContext,
  listed: readonly OwnedToken[] = [],
): Omit<MailContent, 'subject'> {
  const { run } = report;
  const since = period.since === null ? '' : ` since ${minuteOf(period.since, context.timeZone)}`;
  return {
    ...mailFrame(context, run.id),
    lead: leadOf(report, partsText(tally(openGroups))),
    alerts: runAlerts(report),
    paragraphs: [
      `${audits(period)}${since}; the last is audit ${run.id} of ${minuteOf(run.startedAt, context.timeZone)}. ${totalsText(report)}`,
    ],
    notes: [
      ...runNotes(report, context),
      ...recordFieldNotes(period),
      ...orphanNotes(report.registerOrphans),
      ...roleLimits([...openGroups.flatMap(({ findings }) => findings), ...listed].map(({ owner }) => owner)),
    ],
  };
}

function recordFieldNotes({ newRecordFields }: SummaryPeriod): string[] {
  if (newRecordFields.length === 0) return [];
  const names = newRecordFields.map((name) => quotedUnlessWord(name)).join(', ');
  return [
    `Omni sends fields that this version does not know: ${names}. Check for a newer version of omni-token-audit.`,
  ];
}

/** `unaccepted`: what is open and nobody acknowledged. */
function leadOf(report: RunReport, unaccepted: string): string {
  const { acknowledgedCount, run } = report;
  const total = `. ${plural(run.tokenCount, 'token')} in all.`;
  if (openCount(report) === 0) {
    const unproven = doubts(report).join(', ');
    return unproven === ''
      ? `All clear: nothing is open${total}`
      : `Nothing is open, but not all is known: ${unproven}${total}`;
  }
  if (unaccepted === '') return `All that is open is acknowledged: ${plural(acknowledgedCount, 'finding')}${total}`;
  const more = acknowledgedCount === 0 ? '' : `, ${plural(acknowledgedCount, 'more', 'more')} acknowledged`;
  return `Still open: ${unaccepted}${more}${total}`;
}

function audits({ complete, runs }: SummaryPeriod): string {
  return `${complete} of ${plural(runs, 'audit')} completed`;
}

function openSections({ report, openGroups, trend }: SummaryReport, context: MailContext): MailSection[] {
  const now = new Date(report.run.startedAt);
  const moreCommand = 'omni-token-audit findings --open';
  return [
    // First, since what comes last may not fit, and nothing else has these numbers.
    totalsSection(trend, report.grantsByClient, context),
    ...undeliveredSections(report.mail, context.timeZone),
    ...registerSections(report.register),
    ...findingSections(openGroups, now, context, moreCommand),
  ];
}

function inventorySection(
  { type, count, tokens }: Inventory[number],
  { run }: RunReport,
  { hasAttachments, timeZone }: MailContext,
): MailSection {
  return {
    ...plainSection,
    title: `Tokens of type ${quotedUnlessWord(type, 40)}`,
    intro: 'Oldest first.',
    count,
    rows: tokens.map((token) => tokenRow(token, new Date(run.startedAt), { timeZone, baseUrl: null })),
    moreFile: hasAttachments ? 'tokens.csv' : null,
    moreCommand: `omni-token-audit tokens --run ${run.id} --type ${/^[a-z][\w-]{0,39}$/i.test(type) ? type : 'TYPE'}`,
  };
}
