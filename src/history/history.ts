import type { Finding } from '../rules/finding.ts';
import type { RegisterState } from '../store/register.ts';
import type { AsOf, RunLookup } from './as-of.ts';
import type { HealthFacts } from './health.ts';
import type { FindingFilter, ListedFinding } from './listed-findings.ts';
import type { ListedRun, RunFilter } from './listed-runs.ts';
import type { ListedToken, TokenFilter } from './listed-tokens.ts';
import type {
  HistoryEntry,
  Inventory,
  MailReport,
  Outage,
  OwnedToken,
  RefusedMail,
  RegisterReport,
  RunFindings,
  RunTotals,
  SummaryPeriod,
  Trend,
} from './report.ts';
import type { StuckAudit } from './stuck-audit.ts';
import type { NamedSubject } from './subjects.ts';

/**
 * Reads the past and writes nothing. Generators read row by row, so the connection must not write until they
 * have ended.
 */
export interface History extends RunLookup {
  // Lists.

  /** Returns runs, newest first. */
  runs(filter: RunFilter): Generator<ListedRun>;
  /** Returns the snapshot of a complete run, oldest token first. */
  tokens(runId: number, filter: TokenFilter): Generator<ListedToken>;
  /** Returns every type that any token has ever had. */
  tokenTypes(): string[];
  /** Returns events, and one finding for each interval of a condition, as of a run or now; newest first. */
  findings(asOf: AsOf, filter: FindingFilter): Generator<ListedFinding>;
  /** Returns the findings of a run as it reported them, newest first. Acknowledgements are as of `now`. */
  findingsReportedBy(runId: number, filter: FindingFilter, now: Date): Generator<ListedFinding>;
  /** Counts the owners of current tokens and the known roles among them, with the oldest date of these. */
  roleCounts(): { owners: number; known: number; oldestAsOf: string | null };
  /** Returns what happened to a token, oldest first. */
  tokenTimeline(tokenId: string): HistoryEntry[];
  /** Returns what happened to an account, and to its tokens while it owned them; oldest first. */
  accountTimeline(membershipId: string): HistoryEntry[];
  /**
   * Returns what the digest of the later of two complete runs would report if no run had come between them:
   * changes of tokens in order of their ids, then conditions that opened, escalated, eased or were resolved.
   * Leaves out what came and went in between.
   */
  diff(fromRunId: number, toRunId: number): Generator<Finding>;

  // Searches by what a person typed. They return a few candidates, including former ones, or only the exact match.

  /** Finds tokens whose id begins with this. */
  tokensNamed(typed: string): NamedSubject[];
  /** Finds accounts whose membership id begins with this, or whose user name or display name is this, in any case. */
  ownersNamed(typed: string): NamedSubject[];

  // The content of mails.

  /** Returns what a run reports, as of that run; null if it is not complete. */
  runFindings(runId: number): RunFindings | null;
  /**
   * Returns what a run says about the register, compared with the run of the last mail.
   *
   * @param lastReportedRunId 0 if there was no mail
   */
  registerReport(runId: number, lastReportedRunId: number): RegisterReport;
  /** Returns the rows of the register about tokens that do not exist now. */
  registerOrphans(): RunTotals['registerOrphans'];
  /** Returns how a run got its register, and what it has now. */
  registerStatus(runId: number): { state: RegisterState; rows: number; orphans: number; problem: string | null };
  /** Returns the totals after a complete run. */
  runTotals(runId: number): RunTotals;
  /** Returns the conditions that are open and not acknowledged, as if they opened now, the longest open first. */
  openFindings(now: Date): Generator<Finding>;
  /** Returns the oldest tokens of each type after a complete run, with exact counts. */
  inventory(runId: number): Inventory;
  /** Returns all tokens after a complete run, oldest first, with their owners as of that run. */
  ownedTokens(runId: number): Generator<OwnedToken>;
  /** Returns the period from the last summary before a run to that run. */
  summaryPeriod(runId: number): SummaryPeriod;
  /** Returns the ages of a complete run's tokens, and the numbers of tokens and open conditions in the weeks before. */
  trend(runId: number, now: Date): Trend;
  /** Returns the failures since the last complete run, and an audit that is stuck now; null if there were none. */
  outage(stuck?: StuckAudit): Outage | null;
  /** Returns the failures that a complete run ended; null if there were none. */
  outageBefore(runId: number): Outage | null;
  /** Returns what the next mail says about other mail. `recipients`: the addresses of MAIL_TO. */
  mailReport(recipients: readonly string[], now: Date): MailReport;
  /** Returns what a notice says about a mail that was refused for this recipient; null if there is no such delivery. */
  refusedMail(messageId: number, recipient: string): RefusedMail | null;

  /** Returns what the database knows about the health of its worker. */
  healthFacts(): HealthFacts;
}
