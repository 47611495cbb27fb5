import { msPerDay } from './token.ts';

export type RunMail = 'baseline' | 'digest' | 'summary';

export interface RunMailFacts {
  isBaseline: boolean;
  /** Findings that the run tells. */
  toldCount: number;
  /** When the last baseline or summary was made; null when none was. */
  lastSummaryAt: Date | null;
  /** Days between summaries; 0: none. */
  reminderDays: number;
}

/** Audits are not punctual to the second; without this a weekly summary would slip by a day. */
const toleranceMs = 30 * 60_000;

/**
 * What a complete run mails. The first audit always does: it proves that the worker sees the
 * organisation and that its mail arrives. News goes out at once; and every `reminderDays` a
 * summary does even when there is nothing to tell, so that silence always means trouble.
 */
export function mailsForRun(facts: RunMailFacts, now: Date): RunMail[] {
  if (facts.isBaseline) return ['baseline'];
  const mails: RunMail[] = [];
  if (facts.toldCount > 0) mails.push('digest');
  if (isSummaryDue(facts, now)) mails.push('summary');
  return mails;
}

function isSummaryDue({ lastSummaryAt, reminderDays }: RunMailFacts, now: Date): boolean {
  if (reminderDays === 0) return false;
  if (lastSummaryAt === null) return true;
  // One from the future was written by a clock that has been set back since.
  if (lastSummaryAt.getTime() > now.getTime() + msPerDay) return true;
  return now.getTime() - lastSummaryAt.getTime() >= reminderDays * msPerDay - toleranceMs;
}
