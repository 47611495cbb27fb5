import { msPerDay, msPerMinute } from '../time/duration.ts';

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
}

export interface RunMailFacts {
  isBaseline: boolean;
  /** Findings of the run, acknowledgements that began or ended, and 1 if the owners became unknown. */
  reportedCount: number;
  /** When the last baseline, summary or inventory was created, in UTC ISO-8601; null when there is none. */
  lastSummaryAt: string | null;
  /** When the last baseline or inventory was created, likewise. */
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
  if (isDue(facts.lastInventoryAt, policy.inventoryDays, now)) mails.push('inventory');
  else if (isDue(facts.lastSummaryAt, policy.reminderDays, now)) mails.push('summary');
  if (mails.length === 0 && policy.digestWhen === 'always') mails.push('digest');
  return mails;
}

/** Audits do not start at exactly the same time each day. Without tolerance, a weekly summary would slip by a day. */
const toleranceMs = 30 * msPerMinute;

/** Returns whether a mail that goes out every `everyDays` days (0: never) is due. `lastAt`: UTC ISO-8601; null when there was none. */
export function isDue(lastAt: string | null, everyDays: number, now: Date): boolean {
  if (everyDays === 0) return false;
  if (lastAt === null) return true;
  const sinceMs = now.getTime() - Date.parse(lastAt);
  // A date in the future was recorded before the clock was set back.
  return sinceMs < -msPerDay || sinceMs >= everyDays * msPerDay - toleranceMs;
}
