import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';

export interface DeliveryLoopDeps {
  clock: Clock;
  log: Logger;
  /**
   * Delivers what is due and returns when the next delivery is due; null if no mail is waiting. It reads its
   * settings again each time.
   */
  deliver(signal: AbortSignal): Promise<Date | null>;
}

/** Another process may queue mail, so the outbox is polled even when it is empty. */
const pollMs = 60_000;
const minPauseMs = 1000;

/** Delivers waiting mail until the signal is aborted, independently of audits. Passes never overlap. */
export async function runDeliveries({ clock, log, deliver }: DeliveryLoopDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let pauseMs = pollMs;
    try {
      const next = await deliver(signal);
      if (next !== null) pauseMs = Math.min(pollMs, next.getTime() - clock.now().getTime());
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'mail could not be delivered');
    }
    await clock.sleep(Math.max(minPauseMs, pauseMs), signal);
  }
}
