import { catalogueEntry, type FindingKind } from '../rules/catalogue.ts';
import type { Wording } from '../rules/catalogue-entry.ts';
import type { Finding, FindingOwner, Transition } from '../rules/finding.ts';
import { quoted, visible } from '../text/visible.ts';
import { dayOf, plural } from '../text/words.ts';

/** Heading of findings of one kind and transition. */
export function findingTitle(kind: FindingKind, transition: Transition): string {
  const { title } = catalogueEntry(kind);
  switch (transition) {
    case 'event':
    case 'opened':
    case 'eased':
      return title;
    case 'escalated':
      return `${title}, a step worse`;
    case 'reopened':
      return `${title}, again`;
    case 'expired':
      return `${title}, acknowledged no longer`;
    case 'resolved':
      return `${title}: resolved`;
    default:
      return transition satisfies never;
  }
}

/** What is particular to a finding, in a few words; empty where the heading says it all. */
export function findingDetail({ kind, transition, detail }: Pick<Finding, 'kind' | 'transition' | 'detail'>): string {
  if (transition === 'resolved') return '';
  return catalogueEntry(kind).says?.(detail, words) ?? '';
}

const words: Wording = { quoted: (text) => quoted(text), visible: (text) => visible(text), plural, ownerName, dayOf };

/** Heading and particulars in one line; `words` in the place of its own particulars. */
export function findingSentence(finding: Finding, words = findingDetail(finding)): string {
  const title = findingTitle(finding.kind, finding.transition);
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
