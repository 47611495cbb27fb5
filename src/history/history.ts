import type { Finding } from '../rules/finding.ts';
import type { AsOf, Moments } from './as-of.ts';
import type { HealthFacts } from './health.ts';
import type { FindingFilter, ListedFinding } from './listed-findings.ts';
import type { ListedRun, RunFilter } from './listed-runs.ts';
import type { ListedToken, TokenFilter } from './listed-tokens.ts';
import type {
  HistoryEntry,
  Inventory,
  Outage,
  OwnedToken,
  RunFindings,
  RunTotals,
  SummaryPeriod,
  Trend,
} from './report.ts';
import type { NamedSubject } from './subjects.ts';

/**
 * Everything that reads the past. Nothing is written. Lists are read row by row: until one has ended, its
 * connection must not write.
 */
export interface History extends Moments {
  // Lists.

  /** Newest first. */
  runs(filter: RunFilter): Generator<ListedRun>;
  /** The snapshot of a complete run, oldest token first. */
  tokens(runId: number, filter: TokenFilter): Generator<ListedToken>;
  /** Every type that a token ever had. */
  tokenTypes(): string[];
  /** Events, and conditions one for each interval, as of a moment; newest first. */
  findings(asOf: AsOf, filter: FindingFilter): Generator<ListedFinding>;
  /** The findings that a run reported, as it reported them; newest first. Acknowledgements are those of `now`. */
  findingsReportedBy(runId: number, filter: FindingFilter, now: Date): Generator<ListedFinding>;
  /** What is known of a token, oldest first. */
  tokenTimeline(tokenId: string): HistoryEntry[];
  /** What is known of an account and of the tokens that it owns or owned, while it owned them; oldest first. */
  accountTimeline(membershipId: string): HistoryEntry[];
  /**
   * What differs between the snapshots of two complete runs, as the digest of the later one would have it if
   * no run had been between: changes of tokens by id, then conditions that opened, escalated, eased or were
   * resolved. What came and went in between is left out.
   */
  diff(fromRunId: number, toRunId: number): Generator<Finding>;

  // What a person typed. Some candidates, also former ones; one when it is exactly that id.

  /** Tokens whose id is this or begins with it. */
  tokensNamed(typed: string): NamedSubject[];
  /** Accounts whose membership id is this or begins with it, or that have this user name or display name in any case. */
  ownersNamed(typed: string): NamedSubject[];

  // What mails are made from. null: the run is not complete.

  /** What a run reports, as of that run. */
  runFindings(runId: number): RunFindings | null;
  /** What there was after a complete run. */
  runTotals(runId: number): RunTotals;
  /** What is open now and not acknowledged, oldest first, as findings that would open it now. */
  openFindings(now: Date): Generator<Finding>;
  /** The first tokens of each type after a complete run, oldest first, and exact counts. */
  inventory(runId: number): Inventory;
  /** All of them, oldest first, with their owners as of that run. */
  ownedTokens(runId: number): Generator<OwnedToken>;
  /** Counts the runs since the last summary before a run. */
  summaryPeriod(runId: number): SummaryPeriod;
  /** How old the tokens of a complete run are, and how tokens and open conditions developed in the weeks before. */
  trend(runId: number, now: Date): Trend;
  /** The failures since the last complete run; null: there are none. */
  outage(): Outage | null;
  /** The failures that a complete run ended; null: there were none. */
  outageBefore(runId: number): Outage | null;

  /** What the database says about the worker that writes it. */
  healthFacts(): HealthFacts;
}
