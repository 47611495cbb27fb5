import type { Finding, FindingTurn } from './finding.ts';
import type { FindingKind } from './finding-catalogue.ts';
import type { Severity, SeverityCounts } from './severity.ts';
import type { Token } from './token.ts';

/** Findings of one kind, turn and severity that a run told. */
export interface FindingGroup {
  kind: FindingKind;
  turn: FindingTurn;
  severity: Severity;
  /** Exact, however many rows are at hand. */
  count: number;
  /** The first of them. */
  findings: Finding[];
}

/** All that a digest is made from: one run as the database knows it. */
export interface RunReport {
  run: { id: number; startedAt: string; isBaseline: boolean; tokenCount: number; surplus: number };
  /** The complete run before; null at the baseline. */
  previous: { id: number; startedAt: string } | null;
  tokensByType: { type: string; count: number }[];
  groups: FindingGroup[];
  /** Open conditions after the run, by severity, and how many tokens and owners they concern. */
  standing: SeverityCounts;
  subjectsStanding: number;
  /** Turns that changed settings caused and no mail has mentioned yet. */
  rejudgedCount: number;
  /** Whose waiting mail was given up, for being no longer a reader, and no mail has mentioned yet. */
  discardedRecipients: { recipient: string; count: number }[];
  /** Only at the baseline: the newest tokens of the last 30 days, and how many there are. */
  recent: { count: number; tokens: Token[] } | null;
}
