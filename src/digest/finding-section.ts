import type { Finding } from '../domain/finding.ts';
import { catalogueEntry } from '../domain/finding-catalogue.ts';
import type { FindingGroup } from '../domain/run-report.ts';
import { ageInDays, type Token } from '../domain/token.ts';
import { findingDetail, findingTitle, tokenSummary } from '../text/finding-text.ts';
import { quoted } from '../text/visible.ts';
import type { MailContext, MailRow, MailSection } from './content.ts';

/** Findings of one kind, with what to do about them. `now`: the time of the run, for ages. */
export function findingSection(group: FindingGroup, now: Date, context: MailContext, moreCommand: string): MailSection {
  const isOver = group.turn === 'resolved' || group.kind === 'token-removed';
  return {
    severity: group.severity,
    title: findingTitle(group.kind, group.turn),
    why: group.turn === 'resolved' ? 'This no longer holds.' : catalogueEntry(group.kind).why,
    act: isOver ? '' : whereToAct(group, context),
    count: group.count,
    rows: group.findings.map((finding) => findingRow(finding, now, isOver ? null : context)),
    moreCommand,
  };
}

/** A token that is shown for itself. */
export function tokenRow(token: Token, now: Date): MailRow {
  return {
    title: quoted(token.name),
    lines: [tokenSummary(token, ageInDays(token.createdAt, now)), ...(token.enabled ? [] : ['disabled'])],
    smallPrint: identity(token),
    command: null,
  };
}

/** `context` null: there is nothing left to act on. */
function findingRow(finding: Finding, now: Date, context: MailContext | null): MailRow {
  const { token } = finding;
  const detail = findingDetail(finding);
  const lines = detail === '' ? [] : [detail];
  if (token === null) return { title: quoted(finding.subject.id), lines, smallPrint: [], command: null };
  return {
    title: quoted(token.name),
    lines: [...lines, tokenSummary(token, ageInDays(token.createdAt, now))],
    smallPrint: identity(token),
    command: context !== null && token.type === 'mcp' ? deleteCommand(token.id, context.baseUrl) : null,
  };
}

function identity({ id, membershipId }: { id: string; membershipId: string | null }): string[] {
  return [`id ${id}`, ...(membershipId === null ? [] : [`owner's membership ${membershipId}`])];
}

function whereToAct({ findings }: FindingGroup, { baseUrl }: MailContext): string {
  const types = new Set(findings.map(({ token }) => token?.type));
  const inApp = `In Omni (${baseUrl}): Settings > API access.`;
  const byApi = 'MCP grants are not visible in the app; the line under each deletes it.';
  if (!types.has('mcp')) return inApp;
  return types.size === 1 ? byApi : `${inApp} ${byApi}`;
}

/** Base URL and id hold no character that a shell treats specially: both are checked where they come in. */
function deleteCommand(id: string, baseUrl: string): string {
  return `curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" ${baseUrl}/api/v1/api-keys/${id}`;
}
