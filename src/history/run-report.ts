import type { AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { FindingOwner } from '../rules/finding.ts';
import type { FindingGroup } from '../rules/finding-groups.ts';
import type { OwnersProblem } from '../rules/owner.ts';
import type { BreakerVerdict } from '../rules/removal-policy.ts';
import { type SeverityCounts, severities } from '../rules/severity.ts';
import type { Token } from '../rules/token.ts';
import type { SummaryPeriod } from './summary-period.ts';
import type { Trend } from './trend.ts';

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

/** What a run has to tell. */
export interface RunNews {
  run: { id: number; startedAt: string; isBaseline: boolean; tokenCount: number; surplus: number };
  /** The complete run before; null at the baseline. */
  previous: { id: number; startedAt: string } | null;
  groups: FindingGroup[];
  /** Acknowledgements that were made, or that ended, since the digest before. */
  acknowledgements: AcknowledgementNotice[];
  /** null: the owners were learned. */
  ownersProblem: OwnersProblem | null;
  /** They were known in the run before, and no mail of the last day said that they are not: this is news. */
  ownersLost: boolean;
  /** Owners that no list had and whose absence is not proved yet. */
  ownersUnresolved: number;
  /** Complete runs since the mail before, or just before this one, in which the owners were unknown. */
  blindRuns: number;
  /** Set when an unlikely number of tokens was removed. */
  breaker: BreakerVerdict | null;
  /** Turns that changed settings caused and no mail has mentioned yet. */
  rejudgedCount: number;
  /** Whose waiting mail was given up, for being no longer a reader, and no mail has mentioned yet. */
  discardedRecipients: { recipient: string; count: number }[];
}

/** What there is after a run, changed by it or not. Counting it reads the whole snapshot. */
export interface RunTotals {
  tokensByType: { type: string; count: number }[];
  /** Open conditions after the run, by severity, acknowledged ones among them. */
  standing: SeverityCounts;
  /** How many of them are acknowledged. */
  acknowledgedCount: number;
  /** How many tokens and owners they concern. */
  subjectsStanding: number;
  /** Only at the baseline: the newest tokens of the last 30 days. */
  recent: TokenGroup | null;
}

/** All that a digest is made from: one run as the database knows it. */
export type RunReport = RunNews & RunTotals;

/** All that a summary is made from, and an inventory besides its tokens. */
export interface StandingReport {
  report: RunReport;
  /** What stands and nobody acknowledged, by kind and severity. */
  standing: readonly FindingGroup[];
  period: SummaryPeriod;
  trend: Trend;
}

/** Every token of a run, by type. */
export type Inventory = readonly ({ type: string } & TokenGroup)[];

/** Conditions that stand, acknowledged ones among them. */
export function openCount({ standing }: RunTotals): number {
  return severities.reduce((sum, severity) => sum + standing[severity], 0);
}
