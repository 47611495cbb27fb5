import type { OwnedToken } from '../../history/report.ts';
import { catalogueEntry, type FindingKind, isPowerless } from '../../rules/catalogue.ts';
import { type Finding, type FindingToken, ownerFacts } from '../../rules/finding.ts';
import { type FindingGroup, maxRowsPerGroup } from '../../rules/finding-groups.ts';
import type { FindingOwner } from '../../rules/owner.ts';
import type { RegisterEntry } from '../../rules/register.ts';
import { quoted } from '../../text/visible.ts';
import { plural } from '../../text/words.ts';
import { ageInDays } from '../../time/duration.ts';
import { decisionText, responsibleText } from '../register-wording.ts';
import { roleSentence } from '../role-wording.ts';
import { ageText, findingDetail, findingTitle, ownerName, ownerState, typeName } from '../wording.ts';
import { type MailContext, type MailRow, type MailSection, plainRow, plainSection } from './mail-content.ts';
import { inReadingOrder } from './tally.ts';

/** More of one owner's tokens would bury the next owner. */
const tokensPerOwner = 20;

/** What the rows of a mail need to know. */
interface RowContext {
  timeZone: string;
  /** Of Omni, for the command that deletes a token; null: no token has to go. */
  baseUrl: string | null;
  /** The tokens cannot do anything any more. */
  isPowerless?: boolean;
}

/** The sections of a mail about findings, worst first. `now`: the time of the run, for ages. */
export function findingSections(
  groups: readonly FindingGroup[],
  now: Date,
  context: MailContext,
  moreCommand: string,
): MailSection[] {
  const shown = new Set<FindingKind>();
  return inReadingOrder(groups).flatMap((group) => {
    const { maxRows } = catalogueEntry(group.kind);
    const alike = groups.filter(({ kind }) => kind === group.kind);
    const section = findingSection(group, now, context, moreCommand);
    if (maxRows === undefined || total(alike, ({ count }) => count) <= maxRows) return [section];
    // One line, in the section of the worst.
    if (shown.has(group.kind)) return [];
    shown.add(group.kind);
    return [{ ...section, count: null, rows: [manyRow(alike, moreCommand)] }];
  });
}

function total(groups: readonly FindingGroup[], numberOf: (group: FindingGroup) => number): number {
  return groups.reduce((sum, group) => sum + numberOf(group), 0);
}

/** Findings of one kind, with what to do about them. */
function findingSection(group: FindingGroup, now: Date, context: MailContext, moreCommand: string): MailSection {
  const { kind, transition, severity, count, others, findings } = group;
  const { why, nothingToDelete } = catalogueEntry(kind);
  const rowContext = {
    timeZone: context.timeZone,
    baseUrl: nothingToDelete ? null : context.baseUrl,
    isPowerless: isPowerless(kind),
  };
  return {
    severity,
    title: findingTitle(kind, transition),
    intro: nothingToDelete ? why : [why, ...whereToAct(findings, context)].join(' '),
    count: count + others,
    rows: findings.map((finding) => findingRow(finding, now, rowContext)),
    moreCommand: others === 0 ? moreCommand : 'omni-token-audit tokens --type mcp',
    moreFile: context.hasAttachments && others === 0 ? 'findings.csv' : null,
  };
}

/** `13 accounts with 38 tokens (6 high, 7 medium)`: many findings of one kind in one row. */
function manyRow(groups: readonly FindingGroup[], moreCommand: string): MailRow {
  const accounts = plural(
    total(groups, ({ count }) => count),
    'account',
  );
  const tokens = plural(
    total(groups, ({ tokenCount }) => tokenCount),
    'token',
  );
  const bySeverity = inReadingOrder(groups).map(({ severity, count }) => `${count} ${severity}`);
  return { ...plainRow, title: `${accounts} with ${tokens} (${bySeverity.join(', ')}): ${moreCommand}` };
}

/** What has ended well, in one short list; no section where nothing has. */
export function resolvedSections(groups: readonly FindingGroup[], moreCommand: string): MailSection[] {
  const resolved = groups.filter(({ transition }) => transition === 'resolved');
  if (resolved.length === 0) return [];
  return [
    {
      ...plainSection,
      title: 'Good news: resolved',
      count: resolved.reduce((sum, { count }) => sum + count, 0),
      rows: resolved.flatMap(({ findings }) => findings.map(resolvedRow)).slice(0, maxRowsPerGroup),
      moreCommand,
    },
  ];
}

function whereToAct(findings: readonly Finding[], { baseUrl }: MailContext): string[] {
  const types = new Set(findings.flatMap((finding) => typesOf(ownerFacts(finding)?.tokens ?? [finding.token])));
  if (types.size === 0) return [];
  return [
    ...(types.size === 1 && types.has('mcp') ? [] : [`Review it in Omni (${baseUrl}): Settings › API access.`]),
    ...(types.has('mcp') ? ['MCP grants are not visible in the app: the command with each of them deletes it.'] : []),
    ...(types.has('personal') ? ['The command with a personal token deletes it too.'] : []),
  ];
}

function typesOf(tokens: readonly ({ type: string } | null)[]): string[] {
  return tokens.flatMap((token) => (token === null ? [] : [token.type]));
}

/** One finding. */
export function findingRow(finding: Finding, now: Date, context: RowContext): MailRow {
  const { token, subject, owner, register } = finding;
  const detail = findingDetail(finding, context.timeZone);
  if (subject.type === 'owner') return ownerRow(finding, detail, now, context);
  if (token === null) return { ...plainRow, title: detail === '' ? quoted(subject.id) : detail };
  const row = tokenRow({ token, owner, register }, now, context);
  return detail === '' ? row : { ...row, facts: [detail, ...row.facts] };
}

/** A token with what it is, how old, and whose. */
export function tokenRow(
  { token, owner, register }: Omit<OwnedToken, 'token'> & { token: FindingToken & Partial<OwnedToken['token']> },
  now: Date,
  { timeZone, baseUrl, isPowerless: isWithoutPower = false }: RowContext,
): MailRow {
  const { id, name, type, createdAt, membershipId, enabled } = token;
  const state = enabled === false ? ', disabled' : '';
  return {
    ...plainRow,
    title: quoted(name),
    facts: [
      `${typeName(type)}, ${ageText(createdAt, ageInDays(createdAt, now), timeZone)}${state}`,
      ...(isWithoutPower || enabled === false ? [] : roleFacts(type, owner, now)),
      // Where nothing is known of an owner, its membership id in the small print is all there is.
      ...(membershipId === null || owner === null || owner.state === null
        ? []
        : [`Owner: ${ownerText(owner, membershipId)}`]),
      ...registerFacts(register, membershipId, owner),
    ],
    smallPrint: [`id ${id}`, ...(membershipId === null ? [] : [`owner's membership ${membershipId}`])],
    command: deleteCommand(token, baseUrl),
  };
}

function registerFacts(
  register: RegisterEntry | null,
  membershipId: string | null,
  owner: FindingOwner | null,
): string[] {
  if (register === null) return [];
  const [responsible, decision] = [responsibleText(register), decisionText(register, membershipId, owner)];
  return [
    ...(responsible === '' ? [] : [`${register.responsible === '' ? 'Register' : 'Responsible'}: ${responsible}`]),
    ...(decision === '' ? [] : [`Decision: ${decision}`]),
  ];
}

function roleFacts(type: string, owner: FindingOwner | null, now: Date): string[] {
  const sentence = roleSentence(type, owner, now);
  return sentence === null ? [] : [sentence];
}

/** A line of good news. */
export function resolvedRow({ kind, token, subject, owner }: Finding): MailRow {
  const name = token === null ? ownerName(owner, subject.id) : quoted(token.name);
  const title = `${name}: no longer “${findingTitle(kind, 'event')}”`;
  return { ...plainRow, title, smallPrint: [token === null ? `membership ${subject.id}` : `id ${token.id}`] };
}

/** All tokens of an owner in one row, since the finding is about the owner. */
function ownerRow(finding: Finding, detail: string, now: Date, context: RowContext): MailRow {
  const { subject, owner } = finding;
  const { tokens = [], tokenCount = 0 } = ownerFacts(finding) ?? {};
  const shown = tokens.slice(0, tokensPerOwner);
  const more = tokenCount - shown.length;
  const title = ownerName(owner, subject.id);
  return {
    ...plainRow,
    title,
    facts: [
      ...(detail === '' ? [] : [detail]),
      // The line above has just named it.
      ...(finding.kind === 'owner-role-raised' ? [] : roleFacts('', owner, now)),
      ...(more > 0 ? [`${plural(more, 'token')} not shown here: omni-token-audit tokens`] : []),
    ],
    smallPrint: title === ownerName(null, subject.id) ? [] : [`membership ${subject.id}`],
    items: shown.map((token) =>
      tokenRow({ token: { ...token, membershipId: null }, owner: null, register: null }, now, context),
    ),
  };
}

function ownerText(owner: FindingOwner, membershipId: string): string {
  const state = ownerState(owner);
  return `${ownerName(owner, membershipId)}${state === '' ? '' : `: ${state}`}`;
}

/**
 * The app shows no MCP grant, and no personal token of anybody else. Base URL and id hold no
 * character that a shell treats specially: both are checked where they come in.
 */
function deleteCommand({ id, type }: FindingToken, baseUrl: string | null): string | null {
  if (baseUrl === null || (type !== 'mcp' && type !== 'personal')) return null;
  return `curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" ${baseUrl}/api/v1/api-keys/${id}`;
}
