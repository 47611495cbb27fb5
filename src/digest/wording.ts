import { catalogueEntry, type FindingKind } from '../rules/catalogue.ts';
import type { Finding, KindWithDetail, NoFacts, Transition } from '../rules/finding.ts';
import type { Change, IdentityChange, OwnerFacts } from '../rules/finding-facts.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { ApprovalGap } from '../rules/register.ts';
import { nameDifference } from '../text/name-difference.ts';
import { quoted, quotedUnlessWord, shownNameLength, visible } from '../text/visible.ts';
import { dayOf, plural } from '../text/words.ts';
import { roleText } from './role-wording.ts';

/** Heading of findings of one kind and transition. */
export function findingTitle(kind: FindingKind, transition: Transition): string {
  const { title } = catalogueEntry(kind);
  switch (transition) {
    case 'event':
    case 'opened':
    case 'eased':
      return title;
    case 'escalated':
      return `${title} (escalated)`;
    case 'reopened':
      return `${title} (reopened)`;
    case 'expired':
      return `${title} (acknowledgement expired)`;
    case 'resolved':
      return `${title}: resolved`;
    default:
      return transition satisfies never;
  }
}

/** The facts of a finding in a few words; empty where the heading says it all. Days are those of `timeZone`. */
export function findingDetail(finding: KindWithDetail, timeZone: string): string {
  if (finding.detail === null) return '';
  switch (finding.kind) {
    case 'owner-deactivated':
    case 'owner-missing':
      return held(finding.detail);
    case 'owner-idle': {
      const { ageDays, thresholdDays } = finding.detail;
      const ago = ageDays === null ? 'not known now' : `${plural(ageDays, 'day')} ago`;
      return `last login ${ago}, ${pastThreshold(thresholdDays)}; ${held(finding.detail)}`;
    }
    case 'token-stale': {
      const { ageDays, thresholdDays } = finding.detail;
      return `${plural(ageDays, 'day')} old, ${pastThreshold(thresholdDays)}`;
    }
    case 'token-disabled-lingering': {
      const { since, ageDays, thresholdDays } = finding.detail;
      return `seen disabled since ${dayOf(since, timeZone)} (${plural(ageDays, 'day')}), ${pastThreshold(thresholdDays)}`;
    }
    case 'credential-changed':
      return beforeAfter(finding.detail, (value) => visible(value));
    case 'token-identity-changed':
      return finding.detail.changes.map(identityChange).join('; ');
    case 'token-renamed':
      return beforeAfter(finding.detail, (value) => quoted(value));
    case 'type-first-seen':
      return `type ${quoted(finding.detail.value)}`;
    case 'token-removed':
      return finding.detail.confirmed
        ? 'confirmed: Omni answers that it is gone'
        : 'not confirmed: missing from the list, but not proved gone by its id';
    case 'token-rotated': {
      const { replaced, replacedAgeDays } = finding.detail;
      return `replaces a token of the same name that was ${plural(replacedAgeDays, 'day')} old and is confirmed to be gone (id ${replaced})`;
    }
    case 'owner-role-raised': {
      const { before, after } = finding.detail;
      return `${roleText(before)} → ${roleText(after)}; ${held(finding.detail)}`;
    }
    case 'owner-external': {
      const why = finding.detail.reason === 'embed' ? 'an embed user' : 'an address outside OWNER_DOMAINS';
      return `${why}; ${held(finding.detail)}`;
    }
    case 'mcp-client-new': {
      const { grants } = finding.detail;
      return grants === 1 ? '' : `the first of ${grants} grants of this name in this run`;
    }
    case 'token-unregistered':
      return gapWords[finding.detail.gap];
    case 'review-overdue': {
      const { reviewBy, ageDays } = finding.detail;
      return `review was due by ${reviewBy}, ${plural(ageDays, 'day')} overdue`;
    }
    case 'revocation-pending': {
      const { ageDays, decidedBy } = finding.detail;
      const by = decidedBy === '' ? '' : `, decided by ${addressOrQuoted(decidedBy)}`;
      return `marked revoke for ${plural(ageDays, 'day')}${by}`;
    }
    case 'token-enabled':
      return 'disabled → enabled';
    case 'token-disabled':
      return 'enabled → disabled';
    default:
      // A kind with facts of its own needs a sentence above.
      finding.detail satisfies NoFacts;
      return '';
  }
}

const gapWords: Record<ApprovalGap, string> = {
  'no-row': 'has no row in the register',
  'no-decision': 'its row in the register has no decision',
  'no-responsible': 'its row in the register names no responsible person',
  'no-date': 'its row in the register does not say when it was decided',
  'no-decider': 'its row in the register does not say who decided',
  'self-review': 'decided by its own owner (self-review)',
  'owner-unknown': 'its owner is unknown, so a self-review cannot be ruled out',
};

function identityChange(change: IdentityChange): string {
  switch (change.field) {
    case 'membershipId': {
      const name = (id: string | null, owner: FindingOwner | null): string =>
        id === null ? 'nobody' : ownerName(owner, id);
      const { before, after, owners } = change;
      return `owner ${name(before, owners.before)} → ${name(after, owners.after)}`;
    }
    case 'type':
      return `type ${beforeAfter(change, (value) => quoted(value))}`;
    case 'createdAt':
      return `created ${beforeAfter(change, (value) => visible(value))}`;
    default:
      return change satisfies never;
  }
}

function beforeAfter({ before, after }: Change, show: (value: string) => string): string {
  const difference = nameDifference(before, after, shownNameLength);
  return `${show(before)} → ${show(after)}${difference === null ? '' : ` (${difference})`}`;
}

function pastThreshold(days: number): string {
  return `past the threshold of ${days}`;
}

function held({ tokenCount }: OwnerFacts): string {
  return `holds ${plural(tokenCount, 'token')}`;
}

/** Heading and particulars in one line, with days in UTC; `words` in the place of its own particulars. */
export function findingSentence(finding: Finding, words = findingDetail(finding, 'UTC')): string {
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
  return type === 'organization' ? 'organization key' : `${quotedUnlessWord(type, 40)} token`;
}

/** The longest reason that the command line accepts. */
export const maxReason = 500;

/** `until 2027-01-31 by "Ann Archer": "rotated each January"`. */
export function acknowledgementText({ until, by, reason }: { until: string; by: string; reason: string }): string {
  return `until ${until} by ${quoted(by)}: ${quoted(reason, maxReason)}`;
}

/** `180 days old, created 2026-05-29`. */
export function ageText(createdAt: string, ageDays: number, timeZone: string): string {
  return `${plural(ageDays, 'day')} old, created ${dayOf(createdAt, timeZone)}`;
}

/** `"Jane Doe" (jane@acme.example)`; the id alone where nothing else is known. */
export function ownerName(owner: FindingOwner | null, membershipId: string): string {
  const { displayName, userName } = owner ?? {};
  if (!userName) return displayName ? quoted(displayName) : `membership ${visible(membershipId)}`;
  const account = addressOrQuoted(userName);
  return displayName ? `${quoted(displayName)} (${account})` : account;
}

/** Anything but a plain address could imitate the text around it, or become a link to a web page. */
export function addressOrQuoted(account: string): string {
  return /^(?!www\.)[\w.+-]+@[\w.-]+$/i.test(account) ? visible(account) : quoted(account);
}

/** What is to be said of an owner besides the name; empty where all is well. */
export function ownerState(owner: FindingOwner | null): string {
  if (owner?.state === 'missing') return 'account no longer exists';
  return [owner?.list === 'embed' ? 'embed user' : '', owner?.state === 'deactivated' ? 'deactivated' : '']
    .filter((part) => part !== '')
    .join(', ');
}
