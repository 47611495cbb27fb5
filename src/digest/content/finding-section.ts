import { catalogueEntry } from '../../rules/catalogue.ts';
import { type Finding, ownerFacts } from '../../rules/finding.ts';
import type { FindingGroup } from '../../rules/finding-groups.ts';
import { rowsPerGroup } from '../../rules/finding-groups.ts';
import { findingTitle } from '../wording.ts';
import { findingRow, resolvedRow } from './finding-row.ts';
import type { MailContext, MailSection } from './mail-content.ts';

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
      layout: 'list',
      severity: null,
      title: 'Good news: resolved',
      why: '',
      act: '',
      count: resolved.reduce((sum, { count }) => sum + count, 0),
      rows: resolved.flatMap(({ findings }) => findings.map(resolvedRow)).slice(0, rowsPerGroup),
      moreCommand,
      moreFile: null,
    },
  ];
}

function whereToAct(findings: readonly Finding[], { baseUrl }: MailContext): string {
  const types = new Set(findings.flatMap((finding) => typesOf(ownerFacts(finding)?.tokens ?? [finding.token])));
  const inApp = `See to it in Omni (${baseUrl}) under Settings > API access.`;
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
