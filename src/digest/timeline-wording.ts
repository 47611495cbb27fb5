import type { HistoryEntry } from '../history/report.ts';
import type { Acknowledgement, AcknowledgementEnd } from '../rules/acknowledgement.ts';
import { catalogueEntry } from '../rules/catalogue.ts';
import type { Finding } from '../rules/finding.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { RegisterEntry } from '../rules/register.ts';
import type { Token } from '../rules/token.ts';
import { quoted } from '../text/visible.ts';
import { entryText } from './register-wording.ts';
import { roleText } from './role-wording.ts';
import { acknowledgementText, findingDetail, findingSentence, ownerName } from './wording.ts';

const nothingElse = {
  transition: null,
  severity: null,
  before: null,
  after: null,
  mailId: null,
  suppressedBy: null,
} as const;

/** That a run saw a token for the first time. `isPruned`: some of what was reported since is gone. */
export function firstSeenEntry(
  { id, name, enabled, membershipId }: Token,
  owner: FindingOwner | null,
  seen: { at: string; runId: number; isBaseline: boolean; isPruned: boolean },
): HistoryEntry {
  const { at, runId, isBaseline, isPruned } = seen;
  const first = isBaseline ? 'In the first audit' : 'First seen';
  const whose = membershipId === null ? '' : `, of ${ownerName(owner, membershipId)}`;
  const gap = isPruned ? '; some of what followed is pruned (RETENTION_DAYS)' : '';
  return {
    ...nothingElse,
    runId,
    at,
    kind: 'first-seen',
    after: name,
    subject: { type: 'token', id },
    tokenName: name,
    says: `${first}, ${enabled ? 'enabled' : 'disabled'}${whose}${gap}`,
  };
}

/** That a run read a new, changed or no row about a token in the register. null: there was or is none. */
export function registerEntry(
  { id, name, membershipId }: Pick<Token, 'id' | 'name' | 'membershipId'>,
  owner: FindingOwner | null,
  change: { at: string; runId: number; before: RegisterEntry | null; after: RegisterEntry | null },
): HistoryEntry {
  const { at, runId, before, after } = change;
  const textOf = (entry: RegisterEntry | null) => entry && entryText(entry, membershipId, owner);
  return {
    ...nothingElse,
    runId,
    at,
    kind: 'register-changed',
    before: textOf(before),
    after: textOf(after),
    subject: { type: 'token', id },
    tokenName: name,
    says: `Register: ${entryText(after, membershipId, owner)}`,
  };
}

export function findingEntry(
  finding: Finding,
  { at, mailId, suppressedBy }: Pick<HistoryEntry, 'at' | 'mailId' | 'suppressedBy'>,
): HistoryEntry {
  const { runId, kind, transition, severity, subject, token, owner } = finding;
  const membershipId = kind === 'token-created' ? (token?.membershipId ?? null) : null;
  const whose = membershipId === null ? undefined : `of ${ownerName(owner, membershipId)}`;
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
    mailId,
    suppressedBy,
  };
}

/** What changed: the values, or what is open, in words. null: nothing, or nothing any more. */
function changeSides(finding: Finding): { before: string | null; after: string | null } {
  const name = finding.token?.name ?? null;
  switch (finding.kind) {
    case 'token-created':
    case 'token-reappeared':
      return { before: null, after: name };
    case 'token-rotated':
      return { before: finding.detail.replaced, after: finding.subject.id };
    case 'owner-role-raised':
      return { before: roleText(finding.detail.before), after: roleText(finding.detail.after) };
    case 'token-removed':
      return { before: name, after: null };
    case 'token-enabled':
      return { before: 'disabled', after: 'enabled' };
    case 'token-disabled':
      return { before: 'enabled', after: 'disabled' };
    case 'token-renamed':
    case 'credential-changed':
      return { before: finding.detail.before, after: finding.detail.after };
    case 'token-identity-changed': {
      const { changes } = finding.detail;
      const side = (values: (string | null)[]): string | null => values.filter(Boolean).join(', ') || null;
      return { before: side(changes.map(({ before }) => before)), after: side(changes.map(({ after }) => after)) };
    }
    default: {
      // A condition: what is open, in words.
      const { title } = catalogueEntry(finding.kind);
      if (finding.transition === 'resolved') return { before: title, after: null };
      return { before: null, after: findingDetail(finding, 'UTC') || title };
    }
  }
}

/** That a condition was acknowledged, and that this ended, if it did. */
export function acknowledgementEntries(logged: {
  acknowledgement: Acknowledgement;
  reportedRunId: number | null;
  endReportedRunId: number | null;
}): HistoryEntry[] {
  const { condition, tokenName, by, reason, expiresOn, createdAt, end } = logged.acknowledgement;
  const { title } = catalogueEntry(condition.kind);
  const accepted = acknowledgementText({ until: expiresOn, by, reason });
  const common = { ...nothingElse, subject: condition.subject, tokenName };
  const made: HistoryEntry = {
    ...common,
    runId: logged.reportedRunId,
    at: createdAt,
    kind: 'acknowledged',
    after: accepted,
    says: `Acknowledged (${title}) ${accepted}`,
  };
  if (end === null) return [made];
  const why = howItEnded(end);
  return [
    made,
    {
      ...common,
      runId: logged.endReportedRunId,
      at: end.at,
      kind: 'acknowledgement-ended',
      before: accepted,
      after: why,
      says: `Acknowledgement ended (${title}): ${why}`,
    },
  ];
}

function howItEnded(end: AcknowledgementEnd): string {
  if (end.because === 'revoked') return `revoked by ${quoted(end.by)}`;
  return end.because === 'void' ? `void, since ${end.what}` : end.because;
}
