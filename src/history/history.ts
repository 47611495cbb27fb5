import type { Finding } from '../rules/finding.ts';
import type { AsOf, RunLookup } from './as-of.ts';
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
 * Reads the past and writes nothing. Generators read row by row: the connection must not write before they
 * have ended.
 */
export interface History extends RunLookup {
  // Lists.

  /** Newest first. */
  runs(filter: RunFilter): Generator<ListedRun>;
  /** The snapshot of a complete run, oldest token first. */
  tokens(runId: number, filter: TokenFilter): Generator<ListedToken>;
  /** Every type that any token ever had. */
  tokenTypes(): string[];
  /** Events, and one finding for each interval of a condition, as of a run or now; newest first. */
  findings(asOf: AsOf, filter: FindingFilter): Generator<ListedFinding>;
  /** The findings that a run reported, as it reported them, newest first. Acknowledgements are as of `now`. */
  findingsReportedBy(runId: number, filter: FindingFilter, now: Date): Generator<ListedFinding>;
  /** What happened to a token, oldest first. */
  tokenTimeline(tokenId: string): HistoryEntry[];
  /** What happened to an account and, while it owned them, to its tokens; oldest first. */
  accountTimeline(membershipId: string): HistoryEntry[];
  /**
   * What the digest of the later of two complete runs would report if no other run had been between them:
   * changes of tokens by id, then conditions that opened, escalated, eased or were resolved. What came and
   * went in between is left out.
   */
  diff(fromRunId: number, toRunId: number): Generator<Finding>;

  // What a person typed. Returns a few candidates, including former ones, or only one if the id matches exactly.

  /** Tokens whose id begins with this. */
  tokensNamed(typed: string): NamedSubject[];
  /** Accounts whose membership id begins with this, or whose user name or display name is this, in any case. */
  ownersNamed(typed: string): NamedSubject[];

  // The content of mails.

  /** What a run reports, as of that run; null: it is not complete. */
  runFindings(runId: number): RunFindings | null;
  /** The totals after a complete run. */
  runTotals(runId: number): RunTotals;
  /** What is open and not acknowledged, in the order in which it opened, as findings that would open it now. */
  openFindings(now: Date): Generator<Finding>;
  /** The oldest tokens of each type after a complete run, with exact counts. */
  inventory(runId: number): Inventory;
  /** All tokens after a complete run, oldest first, with their owners as of that run. */
  ownedTokens(runId: number): Generator<OwnedToken>;
  /** The period from the last summary before a run to that run. */
  summaryPeriod(runId: number): SummaryPeriod;
  /** The ages of a complete run's tokens, and the numbers of tokens and open conditions in the weeks before. */
  trend(runId: number, now: Date): Trend;
  /** The failures since the last complete run; null: there were none. */
  outage(): Outage | null;
  /** The failures that a complete run ended; null: there were none. */
  outageBefore(runId: number): Outage | null;

  /** What the database knows about the health of its worker. */
  healthFacts(): HealthFacts;
}
