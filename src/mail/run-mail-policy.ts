import { dayIn } from '../time/calendar-day.ts';
import { msPerDay } from '../time/duration.ts';

export type RunMail = 'baseline' | 'digest' | 'summary' | 'inventory';

export const digestOccasions = ['changes', 'always'] as const;
export type DigestOccasion = (typeof digestOccasions)[number];

/** The settings of DIGEST_WHEN, REMINDER_DAYS and INVENTORY_DAYS. */
export interface MailPolicy {
  digestWhen: DigestOccasion;
  /** Days between summaries; 0: none. */
  reminderDays: number;
  /** Days between inventories; 0: none. */
  inventoryDays: number;
  /** The time zone in which days are counted. */
  timeZone: string;
}

export interface RunMailFacts {
  isBaseline: boolean;
  /** Findings of the run, plus acknowledgements made or ended, plus 1 each if owners became unknown or tokens hidden. */
  reportedCount: number;
  /** Start of the first complete run, in UTC ISO-8601; null when there is none. */
  baselineAt: string | null;
  /** When the last baseline, summary or inventory was created, in UTC ISO-8601; null when there is none. */
  lastSummaryAt: string | null;
  /** When the last baseline or inventory was created, in UTC ISO-8601; null when there is none. */
  lastInventoryAt: string | null;
}

/**
 * Decides which mails a complete run sends. The first run always sends a baseline, which proves that the
 * worker can read the organisation and that its mail arrives. Findings go out at once. Every `reminderDays`
 * a summary goes out even when there is nothing to report, so that a missing mail always means trouble.
 * Every `inventoryDays` the full list for the access review replaces it. With `always`, every run sends a mail.
 */
export function mailsForRun(facts: RunMailFacts, policy: MailPolicy, now: Date): RunMail[] {
  if (facts.isBaseline) return ['baseline'];
  const mails: RunMail[] = [];
  if (facts.reportedCount > 0) mails.push('digest');
  if (isDue(facts.lastInventoryAt, policy.inventoryDays, facts, policy, now)) mails.push('inventory');
  else if (isDue(facts.lastSummaryAt, policy.reminderDays, facts, policy, now)) mails.push('summary');
  if (mails.length === 0 && policy.digestWhen === 'always') mails.push('digest');
  return mails;
}

/**
 * Returns whether a mail that goes out every `everyDays` days (0: never) is due. It is due on the day of the
 * baseline plus whole multiples, so that a weekly summary stays on its weekday even after one was late.
 */
function isDue(
  lastAt: string | null,
  everyDays: number,
  { baselineAt }: RunMailFacts,
  { timeZone }: MailPolicy,
  now: Date,
): boolean {
  if (everyDays === 0) return false;
  if (lastAt === null || baselineAt === null) return true;
  const dayNumber = (at: Date): number => Date.parse(dayIn(timeZone, at)) / msPerDay;
  const first = dayNumber(new Date(baselineAt));
  const periodOf = (at: Date): number => Math.floor((dayNumber(at) - first) / everyDays);
  // A mail from the future was made by an audit whose clock could not be checked.
  return lastAt > now.toISOString() || periodOf(now) > periodOf(new Date(lastAt));
}
