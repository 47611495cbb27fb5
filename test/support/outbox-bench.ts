import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { DeliveryDecision } from '../../src/mail/delivery-policy.ts';
import type { MessageKind } from '../../src/mail/message.ts';
import type { ClaimedDelivery } from '../../src/store/delivery-queue.ts';
import type { Redirection } from '../../src/store/redirection.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { msPerMinute } from '../../src/time/duration.ts';
import { someMorning } from './fake-clock.ts';
import { someMessage } from './messages.ts';
import { tempDatabase } from './temp-folder.ts';

/** An outbox whose time is counted in minutes. Messages are numbered from 1, and named by their number. */
export interface OutboxBench {
  path: string;
  store: AuditStore;
  /** Queues a message, due at once, and returns its number. */
  queue(recipients: string[], kind?: MessageKind, minute?: number): number;
  /** Claims a delivery; null if none may be claimed. */
  claim(minute?: number): ClaimedDelivery | null;
  /** Claims a delivery, which must exist, and records this outcome. Returns it as `2 to a@acme.example`. */
  attempt(outcome: 'sent' | 'parked' | 'waits' | 'steps aside', minute?: number): string;
  redirect(recipients: string[], minute?: number): Redirection;
  /** Returns each delivery as `1 a@acme.example sent`. */
  statuses(): string[];
}

/** A delivery that waits is due again this many minutes later. */
export const waitMinutes = 10;
const at = (minute: number): Date => new Date(someMorning.getTime() + minute * msPerMinute);

export function createOutboxBench(context: TestContext): OutboxBench {
  const path = tempDatabase(context);
  const store = openAuditStore(path, someMorning);
  context.after(() => store[Symbol.dispose]());
  const { outbox, transactions } = store;
  let count = 0;

  const bench: OutboxBench = {
    path,
    store,
    queue(recipients, kind = 'digest', minute = 0) {
      count += 1;
      const message = someMessage(count, { kind, createdAt: at(minute).toISOString() });
      return transactions.run((tx) => outbox.enqueue(tx, message, recipients, null));
    },
    claim: (minute = 0) => outbox.claim(at(minute)),
    attempt(outcome, minute = 0) {
      const delivery = bench.claim(minute);
      assert.ok(delivery !== null, 'nothing is due');
      const decision: DeliveryDecision =
        outcome === 'sent'
          ? { status: outcome }
          : outcome === 'parked'
            ? { status: outcome, error: 'no', stage: 'recipient', replyCodes: '550' }
            : {
                status: 'pending',
                error: 'busy',
                nextAttemptAt: at(minute + waitMinutes),
                deferredSince: null,
                deferrals: 0,
                stepsAside: outcome === 'steps aside',
              };
      transactions.run((tx) => outbox.settle(tx, delivery, decision, at(minute)));
      return `${delivery.messageId} to ${delivery.recipient}`;
    },
    redirect: (recipients, minute = 0) => transactions.run((tx) => outbox.redirect(tx, recipients, at(minute))),
    statuses: () =>
      outbox
        .list()
        .toReversed()
        .flatMap(({ id, deliveries }) => deliveries.map(({ recipient, status }) => `${id} ${recipient} ${status}`)),
  };
  return bench;
}
