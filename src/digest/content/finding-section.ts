import type { OwnedToken } from '../../history/run-report.ts';
import { catalogueEntry } from '../../rules/catalogue.ts';
import { type Finding, type FindingOwner, type FindingToken, type HeldToken, ownerFacts } from '../../rules/finding.ts';
import { type FindingGroup, rowsPerGroup } from '../../rules/finding-groups.ts';
import { quoted } from '../../text/visible.ts';
import { plural } from '../../text/words.ts';
import { ageInDays } from '../../time/duration.ts';
import { ageText, findingDetail, findingTitle, ownerName, ownerState, typeName } from '../wording.ts';
import {
  type MailContext,
  type MailFact,
  type MailItem,
  type MailRow,
  type MailSection,
  plainRow,
  plainSection,
} from './mail-content.ts';

/** More of one owner's tokens would bury the next owner. */
const tokensPerOwner = 20;

/** Findings of one kind, with what to do about them. `now`: the time of the run, for ages. */
export function findingSection(group: FindingGroup, now: Date, context: MailContext, moreCommand: string): MailSection {
  const { kind, transition, severity, count, findings } = group;
  const { why, nothingToDelete } = catalogueEntry(kind);
  const canAct = !nothingToDelete;
  return {
    severity,
    title: findingTitle(kind, transition),
    count,
    moreCommand,
    moreFile: context.hasAttachments ? 'findings.csv' : null,
    layout: severity === 'critical' || severity === 'high' ? 'card' : 'table',
    why,
    act: canAct ? whereToAct(findings, context) : '',
    rows: findings.map((finding) => findingRow(finding, now, canAct ? context : null)),
  };
}

/** What has ended well, in one short list; no section where nothing has. */
export function resolvedSections(groups: readonly FindingGroup[], moreCommand: string): MailSection[] {
  const resolved = groups.filter(({ transition }) => transition === 'resolved');
  if (resolved.length === 0) return [];
  return [
    {
      ...plainSection,
      layout: 'list',
      title: 'Good news: resolved',
      count: resolved.reduce((sum, { count }) => sum + count, 0),
      rows: resolved.flatMap(({ findings }) => findings.map(resolvedRow)).slice(0, rowsPerGroup),
      moreCommand,
    },
  ];
}

function whereToAct(findings: readonly Finding[], { baseUrl }: MailContext): string {
  const types = new Set(findings.flatMap((finding) => typesOf(ownerFacts(finding)?.tokens ?? [finding.token])));
  const inApp = `Review it in Omni (${baseUrl}): Settings › API access.`;
  const byApi = 'MCP grants are not visible in the app: the command with each of them deletes it.';
  const alsoByApi = 'The command with a personal token deletes it too.';
  if (types.size === 0) return '';
  return [
    ...(types.size === 1 && types.has('mcp') ? [] : [inApp]),
    ...(types.has('mcp') ? [byApi] : []),
    ...(types.has('personal') ? [alsoByApi] : []),
  ].join(' ');
}

function typesOf(tokens: readonly ({ type: string } | null)[]): string[] {
  return tokens.flatMap((token) => (token === null ? [] : [token.type]));
}

/** One finding. `context` null: there is nothing left to act on. */
export function findingRow(finding: Finding, now: Date, context: MailContext | null): MailRow {
  const { token, subject } = finding;
  const detail = findingDetail(finding);
  if (subject.type === 'owner') return ownerRow(finding, detail, now, context);
  if (token === null) return { ...plainRow, title: detail === '' ? quoted(subject.id) : detail };
  return {
    ...plainRow,
    title: quoted(token.name),
    facts: [...fact('', detail), ...tokenFacts(token, finding.owner, now)],
    smallPrint: identity(token),
    command: deleteCommand(token, context),
  };
}

/** A token that is shown for itself. */
export function tokenRow({ token, owner }: OwnedToken, now: Date): MailRow {
  return {
    ...plainRow,
    title: quoted(token.name),
    facts: [...fact('State', token.enabled ? '' : 'disabled'), ...tokenFacts(token, owner, now)],
    smallPrint: identity(token),
  };
}

/** A line of good news. */
export function resolvedRow({ kind, token, subject, owner }: Finding): MailRow {
  const name = token === null ? ownerName(owner, subject.id) : quoted(token.name);
  const title = `${name}: no longer “${findingTitle(kind, 'event')}”`;
  return { ...plainRow, title, smallPrint: [token === null ? `membership ${subject.id}` : `id ${token.id}`] };
}

/** All tokens of an owner in one row, since the finding is about the owner. */
function ownerRow(finding: Finding, detail: string, now: Date, context: MailContext | null): MailRow {
  const { subject, owner } = finding;
  const { tokens = [], tokenCount = 0 } = ownerFacts(finding) ?? {};
  const shown = tokens.slice(0, tokensPerOwner);
  const more = tokenCount - shown.length;
  const title = ownerName(owner, subject.id);
  return {
    ...plainRow,
    title,
    facts: [
      ...fact('', detail),
      ...fact('More', more > 0 ? `${plural(more, 'token')} not shown here: omni-token-audit tokens` : ''),
    ],
    items: shown.map((token) => heldToken(token, now, context)),
    smallPrint: title === ownerName(null, subject.id) ? [] : [`membership ${subject.id}`],
  };
}

function heldToken(token: HeldToken, now: Date, context: MailContext | null): MailItem {
  const state = token.enabled ? '' : ', disabled';
  return {
    title: quoted(token.name),
    detail: `${typeName(token.type)}, ${ageText(token.createdAt, ageInDays(token.createdAt, now))}${state}`,
    smallPrint: `id ${token.id}`,
    command: deleteCommand(token, context),
  };
}

function tokenFacts(token: FindingToken, owner: FindingOwner | null, now: Date): MailFact[] {
  return [
    ...fact('Type', typeName(token.type)),
    ageFact(token.createdAt, now),
    ...fact('Owner', ownerText(token, owner)),
  ];
}

function ageFact(createdAt: string, now: Date): MailFact {
  const ageDays = ageInDays(createdAt, now);
  return { label: 'Age', value: ageText(createdAt, ageDays), short: plural(ageDays, 'day') };
}

/** Where nothing is known of an owner, its membership id in the small print is all there is. */
function ownerText({ membershipId }: FindingToken, owner: FindingOwner | null): string {
  if (membershipId === null || owner === null) return '';
  const state = ownerState(owner);
  return `${ownerName(owner, membershipId)}${state === '' ? '' : `: ${state}`}`;
}

function fact(label: string, value: string): MailFact[] {
  return value === '' ? [] : [{ label, value }];
}

function identity({ id, membershipId }: { id: string; membershipId: string | null }): string[] {
  return [`id ${id}`, ...(membershipId === null ? [] : [`owner's membership ${membershipId}`])];
}

/**
 * The app shows no MCP grant, and no personal token of anybody else. Base URL and id hold no
 * character that a shell treats specially: both are checked where they come in.
 */
function deleteCommand({ id, type }: { id: string; type: string }, context: MailContext | null): string | null {
  if (context === null || (type !== 'mcp' && type !== 'personal')) return null;
  return `curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" ${context.baseUrl}/api/v1/api-keys/${id}`;
}
