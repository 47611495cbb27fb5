import type { HistoryItem } from '../history/report.ts';
import type { Acknowledgement } from '../rules/acknowledgement.ts';
import { catalogueEntry, type FindingKind, type IdentityChange } from '../rules/catalogue.ts';
import type { Finding, Suppression } from '../rules/finding.ts';
import { findingDetail, findingSentence, ownerName } from './wording.ts';

/** One line of a timeline. Names and the like are as they were written: not made safe for a terminal. */
export interface HistoryEntry {
  /** The run that saw it, or whose digest reported it; null: no run did yet. */
  runId: number | null;
  /** UTC ISO-8601. */
  at: string;
  /** A kind of finding, `first-seen`, `acknowledged` or `acknowledgement-ended`. */
  kind: FindingKind | 'first-seen' | 'acknowledged' | 'acknowledgement-ended';
  /** `event`, or the transition of the condition; null where it is no finding. */
  transition: Finding['transition'] | null;
  severity: Finding['severity'] | null;
  /** What changed: the value itself, or what is open, in words. null: nothing, or nothing any more. */
  before: string | null;
  after: string | null;
  subject: { type: 'token' | 'owner' | 'organisation'; id: string };
  tokenName: string | null;
  /** In the digest's words. */
  says: string;
  /** Message-ID of the mail that reported it, and its number in the list of mails; null: none did. */
  mail: string | null;
  mailId: number | null;
  /** Why it was suppressed; null: it was not, or it is no finding. */
  suppressedBy: Suppression | null;
}

export function historyEntry(item: HistoryItem): HistoryEntry {
  switch (item.what) {
    case 'first-seen': {
      const { at, runId, token, owner, isBaseline, isPruned } = item;
      const first = isBaseline ? 'In the first audit' : 'First seen';
      const gap = isPruned ? '; some of what followed is pruned (RETENTION_DAYS)' : '';
      const whose = token.membershipId === null ? '' : `, of ${ownerName(owner, token.membershipId)}`;
      return {
        ...nothingElse,
        at,
        runId,
        kind: 'first-seen',
        after: token.name,
        subject: { type: 'token', id: token.id },
        tokenName: token.name,
        says: `${first}, ${token.enabled ? 'enabled' : 'disabled'}${whose}${gap}`,
      };
    }
    case 'finding':
      return findingEntry(item);
    case 'acknowledged':
    case 'acknowledgement-ended':
      return acknowledgementEntry(item);
    default:
      return item satisfies never;
  }
}

const nothingElse = {
  transition: null,
  severity: null,
  before: null,
  after: null,
  mail: null,
  mailId: null,
  suppressedBy: null,
} as const;

function findingEntry({ at, finding, suppressedBy, mail }: HistoryItem & { what: 'finding' }): HistoryEntry {
  const { runId, kind, transition, severity, subject, token } = finding;
  const whose =
    kind === 'token-created' && token !== null && token.membershipId !== null
      ? `of ${ownerName(finding.owner, token.membershipId)}`
      : undefined;
  return {
    runId,
    at,
    kind,
    transition,
    severity,
    ...changeSides(finding),
    subject,
    tokenName: token?.name ?? null,
    says: findingSentence(finding, whose),
    mail: mail?.messageId ?? null,
    mailId: mail?.id ?? null,
    suppressedBy,
  };
}

/** What changed: the values, or what is open, in words. null: nothing, or nothing any more. */
export function changeSides(finding: Finding): { before: string | null; after: string | null } {
  const { kind, token } = finding;
  const name = token?.name ?? null;
  switch (finding.kind) {
    case 'token-created':
    case 'token-reappeared':
      return { before: null, after: name };
    case 'token-removed':
      return { before: name, after: null };
    case 'token-enabled':
      return { before: 'disabled', after: 'enabled' };
    case 'token-disabled':
      return { before: 'enabled', after: 'disabled' };
    case 'token-renamed':
    case 'credential-changed':
      return { before: finding.detail.before, after: finding.detail.after };
    case 'token-identity-changed':
      return sidesOf(finding.detail.changes);
    default:
      // A condition: what is open, in words.
      if (finding.transition === 'resolved') return { before: catalogueEntry(kind).title, after: null };
      return { before: null, after: findingDetail(finding) || catalogueEntry(kind).title };
  }
}

/** Of one change its two values, of several each side together. null: no owner. */
function sidesOf(changes: readonly IdentityChange[]): { before: string | null; after: string | null } {
  const side = (values: (string | null)[]): string | null =>
    values.filter((value) => value !== null).join(', ') || null;
  return { before: side(changes.map(({ before }) => before)), after: side(changes.map(({ after }) => after)) };
}

function acknowledgementEntry({
  at,
  what,
  runId,
  acknowledgement,
}: HistoryItem & { what: 'acknowledged' | 'acknowledgement-ended' }): HistoryEntry {
  const { condition, token, by, reason, expiresOn } = acknowledgement;
  const { title } = catalogueEntry(condition.kind);
  const accepted = `until ${expiresOn} by ${by}: ${reason}`;
  const common = {
    ...nothingElse,
    runId,
    at,
    kind: what,
    subject: condition.subject,
    tokenName: token?.name ?? null,
  };
  if (what === 'acknowledged') return { ...common, after: accepted, says: `Acknowledged (${title}) ${accepted}` };
  const end = howItEnded(acknowledgement);
  return { ...common, before: accepted, after: end, says: `Acknowledgement ended (${title}): ${end}` };
}

function howItEnded({ end }: Acknowledgement): string {
  if (end === null) return '';
  if (end.because === 'revoked') return `revoked by ${end.by}`;
  return end.because === 'void' ? `void, since ${end.what}` : end.because;
}
