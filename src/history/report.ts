import type { AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { FindingKind } from '../rules/catalogue.ts';
import type { Subject, Suppression, Transition } from '../rules/finding.ts';
import type { FindingGroup } from '../rules/finding-groups.ts';
import type { FindingOwner, OwnersProblem } from '../rules/owner.ts';
import type { RegisterEntry } from '../rules/register.ts';
import type { BreakerVerdict } from '../rules/removal-policy.ts';
import type { RolesProblem } from '../rules/role.ts';
import { type Severity, type SeverityCounts, severities } from '../rules/severity.ts';
import type { Token } from '../rules/token.ts';
import type { ListedMail } from '../store/mail-log.ts';

// The facts that mails and commands put into words. Instants are UTC ISO-8601.

/** What a run reports, as of that run. */
export interface RunFindings {
  run: { id: number; startedAt: string; isBaseline: boolean; tokenCount: number; surplus: number };
  /** The previous complete run; null for the baseline. */
  previous: { id: number; startedAt: string } | null;
  groups: FindingGroup[];
  /** Acknowledgements that began or ended since the previous digest. */
  acknowledgements: AcknowledgementNotice[];
  /** The newest tokens of the last 30 days; null unless this is the baseline. */
  recent: TokenGroup | null;
  /** Why owners are unknown; null: they are known. */
  ownersProblem: OwnersProblem | null;
  /** Owners were known in the previous run but not in this one, and no mail in the last day has reported that. */
  ownersLost: boolean;
  /** Owners whose account the run could neither read nor confirm as missing. */
  ownersUnresolved: number;
  /** Why some roles of owners could not be read; null: all could, or an earlier mail has already said so. */
  rolesProblem: RolesProblem | null;
  /** How many owners there are, and of how many the role is not known yet; 0 if some role could not be read. */
  rolesPending: { owners: number; unknown: number };
  register: RegisterReport;
  /** Our clock agreed with Omni's. If it could not be checked, nothing expired and nothing was pruned. */
  clockChecked: boolean;
  /** What whoami said of our own credential in this run: nothing, although it did before, or nothing so far. */
  credential: 'known' | 'silent' | 'never known';
  /**
   * Tokens that Omni's list lacks but that Omni still knows by id, or that are to be revoked and not proved gone by a 404.
   * They count as present.
   */
  hiddenTokens: { id: string; name: string; isToBeRevoked: boolean }[];
  /** Some of them were not hidden in the previous run. */
  hasNewHidden: boolean;
  /**
   * The number of complete runs with unknown owners since the last mail or the last run with known owners, whichever
   * was earlier. Does not count this run.
   */
  runsWithoutOwners: number;
  /** Set if an implausibly large number of tokens was removed. */
  breaker: BreakerVerdict | null;
  /** The number of transitions that changed settings caused and that no mail has mentioned yet. */
  rejudgedCount: number;
}

/** What a run says about the register of tokens. */
export interface RegisterReport {
  /** Why the file could not be used, so that its last good state counts. `isNew`: no mail has said so yet. */
  problem: { problem: string; hint: string; isNew: boolean } | null;
  isInEffect: boolean;
  /** No file is configured any more, and no mail has said so yet. */
  wasTakenAway: boolean;
  /** The number of rows with which the register came into effect since the last mail; null: it was in effect then. */
  startedWith: number | null;
  /** It can be read again, after a mail that said that it could not. */
  isReadableAgain: boolean;
  /** How rows differ from those at the time of the last mail: the exact number, and the first of them. */
  changes: { count: number; rows: RegisterChange[] };
}

/** null: there was or is no row. */
export interface RegisterChange {
  tokenId: string;
  /** The last known token; null if no run ever saw it. */
  token: { name: string; membershipId: string | null; owner: FindingOwner | null } | null;
  before: RegisterEntry | null;
  after: RegisterEntry | null;
}

/** The totals after a run. Counting them reads the whole snapshot. */
export interface RunTotals {
  tokensByType: { type: string; count: number }[];
  grantsByClient: GrantsByClient;
  /** Rows of the register about tokens that do not exist: their exact number, and some of their ids. */
  registerOrphans: { count: number; ids: string[] };
  /** Open conditions after the run, including acknowledged ones. */
  openBySeverity: SeverityCounts;
  /** How many of them are acknowledged. */
  acknowledgedCount: number;
  /** How many tokens and owners the open conditions are about. */
  openSubjects: number;
}

/** MCP grants by the name of the client, most grants first. */
export interface GrantsByClient {
  /** A few of them. Names are untrusted text. */
  clients: { client: string; count: number }[];
  /** Clients and grants that are left out. */
  otherClients: number;
  otherGrants: number;
}

/** The content of a digest. */
export type RunReport = RunFindings & RunTotals & { mail: MailReport };

/** What recipients must know about the mail itself. The changes are those since the last mail about an audit. */
export interface MailReport {
  /** Mail that is parked, has waited for a day, or was given up before anybody received it; oldest first. */
  undelivered: UndeliveredMail[];
  /** Addresses that joined MAIL_TO, and that left it. */
  added: string[];
  removed: string[];
  /** Mail that nobody had received and that went to the present recipients. */
  redirected: NamedMail[];
  /** How much mail former recipients did not get, because others had received it. */
  givenUp: { recipient: string; count: number }[];
}

/** `id`: as in `mail --show`. */
export type NamedMail = Pick<ListedMail, 'id' | 'kind' | 'createdAt'>;

export interface UndeliveredMail extends NamedMail {
  /** Without the deliveries that arrived. */
  deliveries: { recipient: string; status: 'pending' | 'parked' | 'discarded'; replyCodes: string | null }[];
}

/** A mail that the server refused for its size or its content. */
export interface RefusedMail extends NamedMail {
  /** Such as `550 5.7.1`; null: there was no final reply. */
  replyCodes: string | null;
  /** What it lists, by severity; null if it lists no findings, such as the mail about failing audits. */
  reported: SeverityCounts | null;
}

/** For a mail that says nothing about other mail. */
export const noMailReport: MailReport = { undelivered: [], added: [], removed: [], redirected: [], givenUp: [] };

/** Returns the number of open conditions, including acknowledged ones. */
export function openCount({ openBySeverity }: RunTotals): number {
  return severities.reduce((sum, severity) => sum + openBySeverity[severity], 0);
}

/** The content of a summary, and of an inventory except its tokens. */
export interface SummaryReport {
  report: RunReport;
  /** What is open and not acknowledged, by kind and severity. */
  openGroups: readonly FindingGroup[];
  period: SummaryPeriod;
  trend: Trend;
}

/** The time from the last summary, baseline or inventory to a run. */
export interface SummaryPeriod {
  /** When that mail was created; null: there was none. */
  since: string | null;
  /** Start of the first complete run, from which summaries are counted; null: there is none. */
  baselineAt: string | null;
  /** When the last baseline or inventory was created; null: there was none. */
  inventorySince: string | null;
  /** How many runs have ended since, including the run itself. */
  runs: number;
  /** How many of them completed. */
  complete: number;
  /** Fields of Omni's records that this version does not know, first seen since the last summary or inventory. */
  newRecordFields: string[];
}

/** How old the tokens are, and how the numbers of tokens and open conditions have developed. */
export interface Trend {
  /** Youngest first, including empty groups. A group ends where the next one begins. */
  ages: { fromDays: number; count: number }[];
  /** Oldest first; eight at most. The last one ends with the run itself. */
  weeks: TrendWeek[];
}

/** The last complete run of a week. */
export interface TrendWeek {
  /** Its start. */
  at: string;
  tokenCount: number;
  /** Conditions that were open after it, including acknowledged ones. */
  openCount: number;
}

/** A token with its owner; null: it has none, or the owner is unknown. */
export interface OwnedToken {
  token: Token;
  owner: FindingOwner | null;
  /** null: the register says nothing about it. */
  register: RegisterEntry | null;
}

/** The first tokens of a group, and how many there are in total. */
export interface TokenGroup {
  /** The exact number, even if `tokens` has fewer. */
  count: number;
  tokens: OwnedToken[];
}

/** The tokens of a run, by type. */
export type Inventory = readonly ({ type: string } & TokenGroup)[];

/** `breaker`: Omni contradicts the removals. Each kind has its own reminders. */
export type FailureMail = 'failing' | 'breaker';

/** The time since the last complete run, when at least one run in it failed or was stuck. */
export interface Outage {
  /** Start of the first of these runs. */
  failingSince: string;
  /** Start of the newest failed run, or when a stuck one was noticed. */
  lastFailureAt: string;
  /** When the newest failure was recorded or noticed. */
  lastNoticedAt: string;
  /** 0: an audit was stuck, but then completed. */
  failedCount: number;
  /** The newest failures, newest first; five at most. */
  errors: { at: string; error: string }[];
  /** Start of the last complete run; null when there is none. */
  lastCompleteAt: string | null;
  /** Message-IDs of the mails that reported the outage, oldest first. */
  thread: string[];
  /** When the newest mail of each kind was created. */
  lastMailAt: Record<FailureMail, string | null>;
}

/** One line of the command `history`. Names are untrusted text that has not been made safe for a terminal. */
export interface HistoryEntry {
  /** The run that saw it, or whose digest reported it; null: no run has yet. */
  runId: number | null;
  /** UTC ISO-8601. */
  at: string;
  kind: FindingKind | 'first-seen' | 'acknowledged' | 'acknowledgement-ended' | 'register-changed';
  /** `event`, or the transition of the condition; null if the entry is not a finding. */
  transition: Transition | null;
  severity: Severity | null;
  /** The values before and after a change, or, in words, what was open before and is open now. null: no value, or nothing. */
  before: string | null;
  after: string | null;
  subject: Subject;
  tokenName: string | null;
  /** The entry in the words of the digest. */
  says: string;
  /** The id of the mail that reported it; null: none did. */
  mailId: number | null;
  /** Why no mail reported it; null: one did, or the entry is not a finding. */
  suppressedBy: Suppression | null;
}
