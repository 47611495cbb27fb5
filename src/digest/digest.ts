import type { Finding } from '../domain/finding.ts';
import { catalogueEntry, findingKinds } from '../domain/finding-catalogue.ts';
import type { FindingGroup, RunReport } from '../domain/run-report.ts';
import { type Severity, severities, worst } from '../domain/severity.ts';
import { ageInDays, type Token } from '../domain/token.ts';
import { findingDetail, findingTitle, tokenSummary } from '../text/finding-text.ts';
import { quoted } from '../text/visible.ts';
import { minuteOf, plural } from '../text/words.ts';

/** Where the mail comes from and goes on to. */
export interface DigestContext {
  organizationName: string;
  /** Without a trailing slash. */
  baseUrl: string;
}

/** What a mail about a run says, before how it looks. All text in it is safe to show on one line. */
export interface Digest {
  isBaseline: boolean;
  organizationName: string;
  baseUrl: string;
  runId: number;
  worst: Severity | null;
  /** Such as `1 re-enabled, 2 new`. */
  tally: string;
  tokenCount: number;
  subjectsStanding: number;
  paragraphs: string[];
  /** Worst first; good news last. */
  sections: DigestSection[];
  /** What a reader must know about the audit itself. */
  notes: string[];
}

export interface DigestSection {
  /** null for the baseline's list of recent tokens, which is no finding. */
  severity: Severity | null;
  title: string;
  why: string;
  /** Where and how to act; empty when there is nothing to do. */
  act: string;
  count: number;
  rows: DigestRow[];
}

export interface DigestRow {
  /** In quotes. */
  name: string;
  /** Type, creation and age. */
  summary: string;
  /** Before → after, or what else is particular; may be empty. */
  detail: string;
  id: string;
  membershipId: string | null;
  /** A shell line for what the app cannot do; null where the app can. */
  command: string | null;
}

export function composeDigest(report: RunReport, context: DigestContext): Digest {
  const groups = inReadingOrder(report.groups);
  const sections = groups.map((group) => composeSection(group, report, context));
  if (report.recent !== null && report.recent.count > 0)
    sections.push(recentSection(report.recent, report.run.startedAt));
  return {
    isBaseline: report.run.isBaseline,
    organizationName: context.organizationName,
    baseUrl: context.baseUrl,
    runId: report.run.id,
    worst: worst(report.groups.map(({ severity }) => severity)),
    tally: tally(report.groups),
    tokenCount: report.run.tokenCount,
    subjectsStanding: report.subjectsStanding,
    paragraphs: paragraphs(report),
    sections,
    notes: notes(report),
  };
}

/** Worst first, within a severity in the catalogue's order; what was resolved comes last. */
function inReadingOrder(groups: readonly FindingGroup[]): FindingGroup[] {
  const rank = ({ severity, turn, kind }: FindingGroup): number =>
    (turn === 'resolved' ? 10_000 : 0) + severities.indexOf(severity) * 100 + findingKinds.indexOf(kind);
  return groups.toSorted((a, b) => rank(a) - rank(b));
}

function tally(groups: readonly FindingGroup[]): string {
  const count = (chosen: readonly FindingGroup[]): number => chosen.reduce((sum, group) => sum + group.count, 0);
  const news = groups.filter(({ turn }) => turn !== 'resolved');
  const parts = findingKinds.map((kind) => ({
    count: count(news.filter((group) => group.kind === kind)),
    word: catalogueEntry(kind).subjectWord,
  }));
  parts.push({ count: count(groups.filter(({ turn }) => turn === 'resolved')), word: 'resolved' });
  return parts
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.word}`)
    .join(', ');
}

function paragraphs({ run, previous, tokensByType, subjectsStanding }: RunReport): string[] {
  const types = tokensByType.map(({ type, count }) => `${count} ${quotedUnlessPlain(type)}`).join(', ');
  const inAll = `${plural(run.tokenCount, 'token')} in all: ${types}.`;
  const standing = subjectsStanding === 0 ? '' : ` ${plural(subjectsStanding, 'token')} with an open finding.`;
  if (previous === null) {
    return [
      `This is the first audit with this database, of ${minuteOf(run.startedAt)}. If you did not just install it, earlier changes are unknown.`,
      `From now on you hear of every token that is new, removed, disabled, re-enabled, changed or stale. ${inAll}${standing}`,
    ];
  }
  return [
    `Audit ${run.id} of ${minuteOf(run.startedAt)}, compared with audit ${previous.id} of ${minuteOf(previous.startedAt)}.`,
    `${inAll}${standing}`,
  ];
}

function composeSection(group: FindingGroup, report: RunReport, context: DigestContext): DigestSection {
  const { why } = catalogueEntry(group.kind);
  const isOver = group.turn === 'resolved' || group.kind === 'token-removed';
  return {
    severity: group.severity,
    title: findingTitle(group.kind, group.turn),
    why: group.turn === 'resolved' ? 'This no longer holds.' : why,
    act: isOver ? '' : actInApp(group, context),
    count: group.count,
    rows: group.findings.map((finding) => composeRow(finding, report.run.startedAt, isOver ? null : context)),
  };
}

function actInApp({ findings }: FindingGroup, { baseUrl }: DigestContext): string {
  const types = new Set(findings.map(({ token }) => token?.type));
  const inApp = `In Omni (${baseUrl}): Settings > API access.`;
  const byApi = 'MCP grants are not visible in the app; the line under each deletes it.';
  if (!types.has('mcp')) return inApp;
  return types.size === 1 ? byApi : `${inApp} ${byApi}`;
}

/** `context` null: there is nothing left to act on. */
function composeRow(finding: Finding, runStartedAt: string, context: DigestContext | null): DigestRow {
  const { token } = finding;
  const detail = findingDetail(finding);
  if (token === null) {
    return { name: quoted(finding.subject.id), summary: '', detail, id: '', membershipId: null, command: null };
  }
  return {
    name: quoted(token.name),
    summary: tokenSummary(token, ageInDays(token.createdAt, new Date(runStartedAt))),
    detail,
    id: token.id,
    membershipId: token.membershipId,
    command: context !== null && token.type === 'mcp' ? deleteCommand(token.id, context.baseUrl) : null,
  };
}

/** Base URL and id hold no character that a shell treats specially: both are checked where they come in. */
function deleteCommand(id: string, baseUrl: string): string {
  return `curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" ${baseUrl}/api/v1/api-keys/${id}`;
}

function recentSection(recent: { count: number; tokens: readonly Token[] }, runStartedAt: string): DigestSection {
  return {
    severity: null,
    title: 'Made in the last 30 days',
    why: 'Newest first. Do you know who made each of them, and for what?',
    act: '',
    count: recent.count,
    rows: recent.tokens.map((token) => ({
      name: quoted(token.name),
      summary: tokenSummary(token, ageInDays(token.createdAt, new Date(runStartedAt))),
      detail: token.enabled ? '' : 'disabled',
      id: token.id,
      membershipId: token.membershipId,
      command: null,
    })),
  };
}

function notes({ run, rejudgedCount }: RunReport): string[] {
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
  return found;
}

function quotedUnlessPlain(type: string): string {
  return /^[a-z]{1,20}$/.test(type) ? type : quoted(type, 40);
}
