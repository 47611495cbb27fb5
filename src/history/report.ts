import type { AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { FindingKind } from '../rules/catalogue.ts';
import type { Subject, Suppression, Transition } from '../rules/finding.ts';
import type { FindingGroup } from '../rules/finding-groups.ts';
import type { FindingOwner, OwnersProblem } from '../rules/owner.ts';
import type { BreakerVerdict } from '../rules/removal-policy.ts';
import { type Severity, type SeverityCounts, severities } from '../rules/severity.ts';
import type { Token } from '../rules/token.ts';

// What the history hands over to those who word it. Instants are UTC ISO-8601.

/** What a run reports, as of that run. */
export interface RunFindings {
  run: { id: number; startedAt: string; isBaseline: boolean; tokenCount: number; surplus: number };
  /** The complete run before; null at the baseline. */
  previous: { id: number; startedAt: string } | null;
  groups: FindingGroup[];
  /** Acknowledgements that began or ended since the digest before. */
  acknowledgements: AcknowledgementNotice[];
  /** The newest tokens of the last 30 days; null after the baseline. */
  recent: TokenGroup | null;
  /** null: the owners were resolved. */
  ownersProblem: OwnersProblem | null;
  /** The owners were known in the run before, and no mail of the last day said that they are unknown. */
  ownersLost: boolean;
  /** Owners that no list had and whose absence is not confirmed. */
  ownersUnresolved: number;
  /** Complete runs since the last mail, or just before this run, in which the owners were unknown. */
  blindRuns: number;
  /** Set when an unlikely number of tokens was removed. */
  breaker: BreakerVerdict | null;
  /** Transitions that changed settings caused and that no mail has mentioned. */
  rejudgedCount: number;
  /** Former recipients whose waiting mail was given up, which no mail has mentioned. */
  discardedRecipients: { recipient: string; count: number }[];
}

/** What there is after a run, changed by it or not. Counting it reads the whole snapshot. */
export interface RunTotals {
  tokensByType: { type: string; count: number }[];
  /** Open conditions after the run, acknowledged ones among them. */
  openBySeverity: SeverityCounts;
  /** How many of them are acknowledged. */
  acknowledgedCount: number;
  /** How many tokens and owners they are about. */
  openSubjects: number;
}

/** Everything that a digest is made from. */
export type RunReport = RunFindings & RunTotals;

/** The number of open conditions, acknowledged ones among them. */
export function openCount({ openBySeverity }: RunTotals): number {
  return severities.reduce((sum, severity) => sum + openBySeverity[severity], 0);
}

/** Everything that a summary is made from, and an inventory besides its tokens. */
export interface SummaryReport {
  report: RunReport;
  /** What is open and not acknowledged, by kind and severity. */
  openGroups: readonly FindingGroup[];
  period: SummaryPeriod;
  trend: Trend;
}

/** The time between the last summary (or the baseline, or an inventory) and a run. */
export interface SummaryPeriod {
  /** When the last one was made; null when none was. */
  since: string | null;
  /** When the last baseline or inventory was made; null when none was. */
  inventorySince: string | null;
  /** Runs that ended since, the run itself included. */
  attempts: number;
  /** How many of them completed. */
  complete: number;
  /** Fields of Omni's records that this version does not know, first seen since the last summary or inventory. */
  newRecordFields: string[];
}

/** How many tokens there are, how old they are, and how that developed. */
export interface Trend {
  /** Youngest first, empty groups included. A group ends where the next one begins. */
  ages: { fromDays: number; count: number }[];
  /** Oldest first; eight at most. The last one ends with the run itself. */
  weeks: TrendWeek[];
}

/** The last complete run of a week. */
export interface TrendWeek {
  /** Its start. */
  at: string;
  tokenCount: number;
  /** Conditions that were open after it, acknowledged ones among them. */
  openCount: number;
}

/** A token with its owner, where that is known. */
export interface OwnedToken {
  token: Token;
  owner: FindingOwner | null;
}

/** Tokens of which only the first are at hand. */
export interface TokenGroup {
  /** Exact. */
  count: number;
  tokens: OwnedToken[];
}

/** Every token of a run, by type. */
export type Inventory = readonly ({ type: string } & TokenGroup)[];

/** `breaker`: Omni contradicts the removals. Its reminders do not wait for those of other failures. */
export type FailureMail = 'failing' | 'breaker';

/** The time since the last complete run, when at least one run in it failed. */
export interface Outage {
  /** Start of the first failed run. */
  failingSince: string;
  /** Start of the newest. */
  lastFailureAt: string;
  failedCount: number;
  /** The newest failures, newest first; five at most. */
  errors: { at: string; error: string }[];
  /** Start of the last complete run; null when there is none. */
  lastCompleteAt: string | null;
  /** Message-IDs of the mails that reported it, oldest first. */
  thread: string[];
  /** When each kind of mail was last made. */
  lastMailAt: Record<FailureMail, string | null>;
}

/** One line of `history`. Names and the like are as they were written: not made safe for a terminal. */
export interface HistoryEntry {
  /** The run that saw it, or whose digest reported it; null: no run did yet. */
  runId: number | null;
  /** UTC ISO-8601. */
  at: string;
  kind: FindingKind | 'first-seen' | 'acknowledged' | 'acknowledgement-ended';
  /** `event`, or the transition of the condition; null where it is no finding. */
  transition: Transition | null;
  severity: Severity | null;
  /** What changed: the value itself, or what is open, in words. null: nothing, or nothing any more. */
  before: string | null;
  after: string | null;
  subject: Subject;
  tokenName: string | null;
  /** In the digest's words. */
  says: string;
  /** The number of the mail that reported it; null: none did, or it was pruned. */
  mailId: number | null;
  /** Why it was suppressed; null: it was not, or it is no finding. */
  suppressedBy: Suppression | null;
}
