import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';

export interface DeliveryLoopDeps {
  clock: Clock;
  log: Logger;
  /**
   * Attempts what is due and answers when the next delivery will be; null when nothing waits.
   * It reads its settings anew each time.
   */
  pass(signal: AbortSignal): Promise<Date | null>;
  /** Resolves after `ms`, or earlier when mail was queued or the signal is aborted. */
  sleep(ms: number): Promise<void>;
}

/** Mail may be queued by another process, so the outbox is looked at even when nothing waits. */
const pollMs = 60_000;
const minPauseMs = 1000;

/** Delivers waiting mail on its own clock until the signal is aborted. It re-arms only after a pass has ended. */
export async function runDeliveries({ clock, log, pass, sleep }: DeliveryLoopDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let pauseMs = pollMs;
    try {
      const next = await pass(signal);
      if (next !== null) pauseMs = Math.min(pollMs, next.getTime() - clock.now().getTime());
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'mail could not be delivered');
    }
    await sleep(Math.max(minPauseMs, pauseMs));
  }
}
