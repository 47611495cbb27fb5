import type { RunReport } from '../domain/run-report.ts';
import { quoted, visible } from '../text/visible.ts';
import { capitalised, minuteOf, plural } from '../text/words.ts';
import type { MailContent, MailContext, MailSection } from './content.ts';
import { findingSection, tokenRow } from './finding-section.ts';
import { gravity, inReadingOrder, tally } from './tally.ts';

/** The mail about a complete run: its news, or the baseline's inventory. */
export function runContent(report: RunReport, context: MailContext): MailContent {
  const { run, groups } = report;
  const now = new Date(run.startedAt);
  const moreCommand = `omni-token-audit findings --run ${run.id}`;
  const told = tally(groups);
  return {
    subject: run.isBaseline ? baselineSubject(report, context) : digestSubject(report, context),
    heading: headingOf(context),
    lead: told === '' ? '' : `${capitalised(told)}.`,
    paragraphs: paragraphs(report),
    sections: [
      ...inReadingOrder(groups).map((group) => findingSection(group, now, context, moreCommand)),
      ...recentSections(report),
    ],
    notes: runNotes(report),
    footer: `omni-token-audit, audit ${run.id} of ${context.baseUrl}`,
    moreCommand,
  };
}

export function subjectPrefix({ organizationName }: MailContext): string {
  return `[Omni tokens] ${visible(organizationName, 60)}`;
}

export function headingOf({ organizationName }: MailContext): string {
  return `Omni API tokens of ${visible(organizationName, 60)}`;
}

/** Omni has three; more than this would be noise. */
const mostTypes = 8;

/** `230 tokens in all: 121 mcp, …, 2 tokens with an open finding.` */
export function stock({ run, tokensByType, subjectsStanding }: RunReport): string {
  const shown = tokensByType.slice(0, mostTypes).map(({ type, count }) => `${count} ${quotedUnlessPlain(type)}`);
  const others = tokensByType.slice(mostTypes).reduce((sum, { count }) => sum + count, 0);
  const types = [...shown, ...(others > 0 ? [`${others} of other types`] : [])].join(', ');
  const standing = subjectsStanding === 0 ? '' : ` ${plural(subjectsStanding, 'token')} with an open finding.`;
  return `${plural(run.tokenCount, 'token')} in all: ${types}.${standing}`;
}

function digestSubject({ groups }: RunReport, context: MailContext): string {
  return `${subjectPrefix(context)}${gravity(groups)}: ${tally(groups) || 'nothing new'}`;
}

function baselineSubject({ run, subjectsStanding }: RunReport, context: MailContext): string {
  const attention =
    subjectsStanding === 0
      ? 'none needs attention'
      : `${subjectsStanding} ${subjectsStanding === 1 ? 'needs' : 'need'} attention`;
  return `${subjectPrefix(context)}: baseline of ${plural(run.tokenCount, 'token')}, ${attention}`;
}

function paragraphs(report: RunReport): string[] {
  const { run, previous } = report;
  if (previous === null) {
    return [
      `This is the first audit with this database, of ${minuteOf(run.startedAt)}. If you did not just install it, earlier changes are unknown.`,
      `From now on you hear of every token that is new, removed, disabled, re-enabled, changed or stale. ${stock(report)}`,
    ];
  }
  return [
    `Audit ${run.id} of ${minuteOf(run.startedAt)}, compared with audit ${previous.id} of ${minuteOf(previous.startedAt)}.`,
    stock(report),
  ];
}

function recentSections({ run, recent }: RunReport): MailSection[] {
  if (recent === null || recent.count === 0) return [];
  return [
    {
      severity: null,
      title: 'Made in the last 30 days',
      why: 'Newest first. Do you know who made each of them, and for what?',
      act: '',
      count: recent.count,
      rows: recent.tokens.map((token) => tokenRow(token, new Date(run.startedAt))),
      moreCommand: `omni-token-audit tokens --run ${run.id}`,
    },
  ];
}

/** What a reader must know about the audit itself, and no mail has said yet. */
export function runNotes({ run, rejudgedCount, discardedRecipients }: RunReport): string[] {
  const found: string[] = [];
  if (run.surplus > 0) {
    found.push(
      `${plural(run.surplus, 'token')} vanished while the list was read; the next audit tells which, should it stay so.`,
    );
  }
  if (rejudgedCount > 0) {
    found.push(
      `The thresholds of this audit were changed: ${plural(rejudgedCount, 'finding')} opened, changed or closed for that reason alone and ${rejudgedCount === 1 ? 'is' : 'are'} not told one by one.`,
    );
  }
  for (const { recipient, count } of discardedRecipients) {
    found.push(
      `${plural(count, 'mail')} that waited for ${visible(recipient)} ${count === 1 ? 'was' : 'were'} given up: the address is no longer in MAIL_TO.`,
    );
  }
  return found;
}

function quotedUnlessPlain(type: string): string {
  return /^[a-z]{1,20}$/.test(type) ? type : quoted(type, 40);
}
