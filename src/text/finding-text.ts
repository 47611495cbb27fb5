import type { Finding, FindingOwner, FindingTurn } from '../domain/finding.ts';
import { catalogueEntry, type FindingKind } from '../domain/finding-catalogue.ts';
import { quoted, visible } from './visible.ts';
import { dayOf, plural } from './words.ts';

/** Heading of findings of one kind and turn. */
export function findingTitle(kind: FindingKind, turn: FindingTurn): string {
  const { title } = catalogueEntry(kind);
  switch (turn) {
    case 'event':
    case 'opened':
    case 'eased':
      return title;
    case 'worsened':
      return `${title}, a step worse`;
    case 'reopened':
      return `${title}, again`;
    case 'lapsed':
      return `${title}, acknowledged no longer`;
    case 'resolved':
      return `${title}: resolved`;
    default:
      return turn satisfies never;
  }
}

/** What is particular to a finding, in a few words; empty where the heading says it all. */
export function findingDetail({ kind, turn, detail }: Pick<Finding, 'kind' | 'turn' | 'detail'>): string {
  if (turn === 'resolved') return '';
  const threshold = `past the threshold of ${detail.thresholdDays}`;
  const held = plural(detail.tokenCount ?? 0, 'token');
  switch (kind) {
    case 'token-renamed':
      return `${quoted(String(detail.before))} → ${quoted(String(detail.after))}`;
    case 'credential-changed':
      return `${visible(String(detail.before))} → ${visible(String(detail.after))}`;
    case 'token-owner-changed':
      return `owner ${owner(detail.before)} → ${owner(detail.after)}`;
    case 'token-type-changed':
      return `type ${quoted(String(detail.before))} → ${quoted(String(detail.after))}`;
    case 'token-created-at-changed':
      return `created ${detail.before} → ${detail.after}`;
    case 'token-enabled':
      return 'disabled → enabled';
    case 'token-disabled':
      return 'enabled → disabled';
    case 'type-first-seen':
      return `type ${quoted(detail.value ?? '')}`;
    case 'record-field-new':
      return `field ${quoted(detail.value ?? '')}`;
    case 'token-removed':
      return detail.confirmed === true ? 'confirmed: Omni answers that it is gone' : 'not asked for by its id';
    case 'token-stale':
      return `${plural(detail.ageDays ?? 0, 'day')} old, ${threshold}`;
    case 'token-disabled-lingering':
      return `seen disabled since ${dayOf(detail.since ?? '')} (${plural(detail.ageDays ?? 0, 'day')}), ${threshold}`;
    case 'owner-idle':
      return `last log-in ${detail.ageDays === undefined ? 'not known now' : `${plural(detail.ageDays, 'day')} ago`}, ${threshold}; holds ${held}`;
    case 'owner-many-tokens':
      return `holds ${held}, above your OWNER_TOKEN_LIMIT`;
    case 'owner-deactivated':
    case 'owner-missing':
      return `holds ${held}`;
    default:
      // The heading says it all.
      return '';
  }
}

/** Heading and particulars in one line; `words` in the place of its own particulars. */
export function findingSentence(finding: Finding, words = findingDetail(finding)): string {
  const title = findingTitle(finding.kind, finding.turn);
  return words === '' ? title : `${title}: ${words}`;
}

/** The one name of an account for a narrow column; null where none is known. */
export function accountName(
  owner: { userName: string | null; displayName: string | null } | null | undefined,
): string | null {
  return owner?.userName || owner?.displayName || null;
}

/** `organization key`, `personal token`, `MCP grant`, or what Omni calls a newer type. */
export function typeName(type: string): string {
  if (type === 'mcp') return 'MCP grant';
  return type === 'organization' ? 'organization key' : `${visible(type, 40)} token`;
}

/** `180 days, created 2026-05-29`. */
export function ageText(createdAt: string, ageDays: number): string {
  return `${plural(ageDays, 'day')}, created ${dayOf(createdAt)}`;
}

/** `"Jane Doe" (jane@acme.example)`; the id alone where nothing else is known. */
export function ownerName(owner: FindingOwner | null, membershipId: string): string {
  const names = [owner?.displayName, owner?.userName].filter(
    (name) => name !== null && name !== undefined && name !== '',
  );
  const [first, second] = names.map((name) => String(name));
  if (first === undefined) return `membership ${visible(membershipId)}`;
  if (second === undefined) return quoted(first);
  // What is no plain address could imitate what stands around it.
  return `${quoted(first)} (${/^[\w.+-]+@[\w.-]+$/.test(second) ? visible(second) : quoted(second)})`;
}

/** What is to be said of an owner besides the name; empty where all is well. */
export function ownerState(owner: FindingOwner | null): string {
  if (owner?.state === 'deactivated') return 'deactivated';
  return owner?.state === 'missing' ? 'account no longer exists' : '';
}

function owner(membershipId: unknown): string {
  return typeof membershipId === 'string' ? membershipId : 'nobody';
}
