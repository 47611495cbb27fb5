import type { TestContext } from 'node:test';
import { type NoticeDeps, queueNotice } from '../../src/audit/queue-notice.ts';
import type { SmtpConfig } from '../../src/config/settings.ts';
import { createLogger } from '../../src/logging.ts';
import { type DeliverDeps, type DeliveryTally, deliverDue } from '../../src/mail/deliver.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import type { Message } from '../../src/mail/message.ts';
import type { ListedDelivery } from '../../src/store/mail-log.ts';
import { openAuditStore, openSharedStore, type SharedStore } from '../../src/stores.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { localSmtp } from './local-smtp.ts';
import { recipient, sender, someMessage } from './messages.ts';
import { noAbort } from './no-abort.ts';
import { tempDatabase } from './temp-folder.ts';

/** An outbox in a file, with the real mailer, which connects to a port of this machine. */
export interface DeliverBench {
  path: string;
  store: SharedStore;
  clock: FakeClock;
  deps: DeliverDeps;
  /** Runs one pass over the deliveries that are due. */
  deliver(): Promise<DeliveryTally>;
  /** Returns the deliveries of each message except notices, oldest message first. */
  deliveries(): ListedDelivery[][];
}

export interface DeliverBenchOptions {
  messageCount?: number;
  recipients?: string[];
  /** Fields of every message. */
  fields?: Partial<Message>;
  smtp?: Partial<SmtpConfig>;
}

export function createDeliverBench(
  context: TestContext,
  port: number,
  { messageCount = 1, recipients = [recipient], fields = {}, smtp = {} }: DeliverBenchOptions = {},
): DeliverBench {
  const path = tempDatabase(context);
  const clock = createFakeClock();
  {
    using audit = openAuditStore(path, clock.now());
    for (let number = 1; number <= messageCount; number += 1) {
      audit.transactions.run((tx) => audit.outbox.enqueue(tx, someMessage(number, fields), recipients, null));
    }
  }
  const store = openSharedStore(path);
  context.after(() => store[Symbol.dispose]());
  const mailer = createMailer(localSmtp(port, smtp));
  const { outbox, transactions } = store;
  const noticeDeps: NoticeDeps = {
    store,
    context: { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co', hasAttachments: false, timeZone: 'UTC' },
    address(kind, { isCritical: _, ...rendered }, now) {
      noticeCount += 1;
      const message = someMessage(1000 + noticeCount, { ...rendered, kind, createdAt: now.toISOString() });
      return { message, recipients };
    },
  };
  let noticeCount = 0;
  const deps: DeliverDeps = {
    queueNotice: (tx, delivery, now) => queueNotice(tx, noticeDeps, delivery, now),
    outbox,
    transactions,
    mailer,
    sender: { address: sender, header: sender },
    recipients,
    clock,
    log: createLogger('silent'),
    random: () => 0,
  };
  return {
    path,
    store,
    clock,
    deps,
    deliver: () => deliverDue(deps, noAbort),
    deliveries: () =>
      store.outbox
        .list()
        .filter(({ kind }) => kind !== 'notice')
        .map(({ deliveries }) => deliveries)
        .reverse(),
  };
}
