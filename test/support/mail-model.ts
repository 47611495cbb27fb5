import { msPerDay, msPerMinute } from '../../src/time/duration.ts';

export interface ModelPolicy {
  digestWhen: 'changes' | 'always';
  reminderDays: number;
  inventoryDays: number;
}

const toleranceMs = 30 * msPerMinute;

/** Which mails complete audits send, told a second time. */
export class MailModel {
  #lastSummaryMs: number | undefined;
  #lastInventoryMs: number | undefined;
  #ownersKnown: boolean | undefined;
  #lastBlindMs: number | undefined;

  audit(hasNews: boolean, ownersKnown: boolean, policy: ModelPolicy, now: Date): string[] {
    const mails = this.#mailsOf(hasNews || this.#isLoss(ownersKnown, now), policy, now);
    if (!ownersKnown && mails.length > 0) this.#lastBlindMs = now.getTime();
    this.#ownersKnown = ownersKnown;
    return mails;
  }

  #isLoss(ownersKnown: boolean, now: Date): boolean {
    if (ownersKnown || this.#ownersKnown !== true) return false;
    return this.#lastBlindMs === undefined || now.getTime() - this.#lastBlindMs >= msPerDay;
  }

  #mailsOf(hasNews: boolean, policy: ModelPolicy, now: Date): string[] {
    const nowMs = now.getTime();
    if (this.#lastInventoryMs === undefined) {
      this.#lastInventoryMs = this.#lastSummaryMs = nowMs;
      return ['baseline'];
    }
    const isOver = (sinceMs: number | undefined, days: number): boolean =>
      days > 0 && nowMs - (sinceMs ?? 0) + toleranceMs >= days * msPerDay;
    const mails = hasNews ? ['digest'] : [];
    if (isOver(this.#lastInventoryMs, policy.inventoryDays)) {
      mails.push('inventory');
      this.#lastInventoryMs = this.#lastSummaryMs = nowMs;
    } else if (isOver(this.#lastSummaryMs, policy.reminderDays)) {
      mails.push('summary');
      this.#lastSummaryMs = nowMs;
    }
    return mails.length === 0 && policy.digestWhen === 'always' ? ['digest'] : mails;
  }
}
