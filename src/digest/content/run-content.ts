import type { RunReport } from '../../history/report.ts';
import type { FindingOwner } from '../../rules/owner.ts';
import { capitalised, minuteOf, plural } from '../../text/words.ts';
import { acknowledgementSections, acknowledgementTally } from './acknowledgement-section.ts';
import { undeliveredSections } from './delivery-section.ts';
import { findingSections, resolvedSections, tokenRow } from './finding-section.ts';
import { type MailContent, type MailContext, type MailSection, mailFrame, plainSection } from './mail-content.ts';
import { registerSections } from './register-section.ts';
import { doubts, roleLimits, runAlerts, runNotes } from './run-notes.ts';
import { type SubjectPart, subjectLine, subjectPrefix, uncounted } from './subject.ts';
import { gravity, isCritical, partsText, tally } from './tally.ts';
import { totalsText } from './totals.ts';

/** The mail about a complete run: what it reports, or the baseline's inventory. */
export function runContent(report: RunReport, context: MailContext): MailContent {
  const { run, groups } = report;
  const now = new Date(run.startedAt);
  const moreCommand =
    groups.length > 0 ? `omni-token-audit findings --run ${run.id}` : 'omni-token-audit findings --open';
  const reported = tallyOf(report);
  return {
    ...mailFrame(context, run.id),
    subject: run.isBaseline
      ? baselineSubject(report, context)
      : subjectLine(`${subjectPrefix(context)}${gravity(groups)}:`, reported),
    lead: `${capitalised(partsText(reported))}; ${plural(run.tokenCount, 'token')} in all.`,
    alerts: runAlerts(report),
    paragraphs: paragraphs(report, context),
    sections: [
      ...findingSections(groups, now, context, moreCommand),
      ...resolvedSections(groups, moreCommand),
      ...acknowledgementSections(report.acknowledgements, context),
      ...registerSections(report.register),
      ...recentSections(report, context),
      ...undeliveredSections(report.mail, context.timeZone),
    ],
    notes: [...runNotes(report, context), ...roleLimits(shownOwners(report))],
    moreCommand,
    isCritical: isCritical(groups),
  };
}

function shownOwners({ groups, recent }: RunReport): (FindingOwner | null)[] {
  const reported = groups.flatMap(({ findings }) => findings.map(({ owner }) => owner));
  return [...reported, ...(recent?.tokens ?? []).map(({ owner }) => owner)];
}

/** What is new, the worst first, then what the audit could not see. */
function tallyOf({
  groups,
  acknowledgements,
  ownersLost,
  hasNewHidden,
  hiddenTokens,
  register,
}: RunReport): SubjectPart[] {
  const [worst = [], ...others] = tally(groups).map((part) => [part]);
  const unseen = [
    ownersLost ? 'owners unknown' : '',
    hasNewHidden ? `${hiddenTokens.length} hidden from the list` : '',
    register.problem?.isNew ? 'register unusable' : '',
    register.wasTakenAway ? 'register taken away' : '',
  ];
  const news = [
    register.startedWith === null ? '' : 'register in effect',
    register.isReadableAgain ? 'register readable again' : '',
  ];
  const parts = [
    ...worst,
    ...uncounted(unseen),
    ...others.flat(),
    ...acknowledgementTally(acknowledgements),
    ...uncounted(news),
  ].filter(({ text }) => text !== '');
  return parts.length === 0 ? uncounted(['nothing new']) : parts;
}

function baselineSubject(report: RunReport, context: MailContext): string {
  const { run, openSubjects } = report;
  const unproven = doubts(report);
  const attention =
    openSubjects === 0
      ? uncounted(unproven.length === 0 ? ['none needs attention'] : unproven)
      : [{ count: openSubjects, text: `${openSubjects} ${openSubjects === 1 ? 'needs' : 'need'} attention` }];
  return subjectLine(`${subjectPrefix(context)}: baseline of ${plural(run.tokenCount, 'token')}`, attention);
}

function paragraphs(report: RunReport, { timeZone }: MailContext): string[] {
  const { run, previous } = report;
  if (previous === null) {
    return [
      `This is the first audit with this database, of ${minuteOf(run.startedAt, timeZone)}. If you did not just install it, earlier changes are unknown.`,
      `From now on you hear of every token that is new, removed, disabled, re-enabled, changed, stale or orphaned. ${totalsText(report)}`,
    ];
  }
  return [
    `Changes from ${minuteOf(previous.startedAt, timeZone)} to ${minuteOf(run.startedAt, timeZone)}. ${totalsText(report)}`,
  ];
}

function recentSections({ run, recent }: RunReport, { timeZone }: MailContext): MailSection[] {
  if (recent === null || recent.count === 0) return [];
  return [
    {
      ...plainSection,
      title: 'Made in the last 30 days',
      intro: 'Newest first. Do you know who made each of them, and for what?',
      count: recent.count,
      rows: recent.tokens.map((token) => tokenRow(token, new Date(run.startedAt), { timeZone, baseUrl: null })),
      moreCommand: `omni-token-audit tokens --run ${run.id}`,
    },
  ];
}
