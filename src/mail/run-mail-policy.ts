import { msPerDay, msPerMinute } from '../time/duration.ts';

export type RunMail = 'baseline' | 'digest' | 'summary' | 'inventory';

export const digestOccasions = ['changes', 'always'] as const;
export type DigestOccasion = (typeof digestOccasions)[number];

/** What operators set. */
export interface MailPolicy {
  digestWhen: DigestOccasion;
  /** Days between summaries; 0: none. */
  reminderDays: number;
  /** Days between inventories; 0: none. */
  inventoryDays: number;
}

export interface RunMailFacts {
  isBaseline: boolean;
  /** Findings that the run reports, acknowledgements that began or ended, and owners that became unknown. */
  newsCount: number;
  /** When the last baseline, summary or inventory was created, in UTC ISO-8601; null when there is none. */
  lastSummaryAt: string | null;
  /** The same of the last baseline or inventory. */
  lastInventoryAt: string | null;
}

/**
 * Decides what a complete run mails. The first one always mails a baseline: it proves that the worker
 * sees the organisation and that its mail arrives. Findings go out at once. Every `reminderDays` a
 * summary goes out even when there is nothing to report, so that no mail always means trouble, and every
 * `inventoryDays` the full list for the access review goes out instead. With `always` every run mails.
 */
export function mailsForRun(facts: RunMailFacts, policy: MailPolicy, now: Date): RunMail[] {
  if (facts.isBaseline) return ['baseline'];
  const mails: RunMail[] = [];
  if (facts.newsCount > 0) mails.push('digest');
  if (isDue(facts.lastInventoryAt, policy.inventoryDays, now)) mails.push('inventory');
  else if (isDue(facts.lastSummaryAt, policy.reminderDays, now)) mails.push('summary');
  if (mails.length === 0 && policy.digestWhen === 'always') mails.push('digest');
  return mails;
}

/** Audits are not punctual to the second. Without this, a weekly summary would slip by a day, and a daily one would be skipped. */
const toleranceMs = 30 * msPerMinute;

/** Whether a mail that goes out every so many days, or never for 0, is due. `lastAt`: UTC ISO-8601; null when there was none. */
export function isDue(lastAt: string | null, everyDays: number, now: Date): boolean {
  if (everyDays === 0) return false;
  if (lastAt === null) return true;
  const sinceMs = now.getTime() - Date.parse(lastAt);
  // One from the future was written by a clock that has been set back since.
  return sinceMs < -msPerDay || sinceMs >= everyDays * msPerDay - toleranceMs;
}
