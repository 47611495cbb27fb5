import type { TestContext } from 'node:test';
import type { MessageKind } from '../../src/mail/message.ts';
import type { RunCompletion, RunFailure } from '../../src/store/runs.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { recipient, someMessage } from './messages.ts';
import { begin, someCompletion, someFailure } from './runs.ts';
import { tempDatabase } from './temp-folder.ts';

/** A store whose runs the test writes itself, one minute apart. */
export interface StoreBench {
  path: string;
  store: AuditStore;
  clock: FakeClock;
  /** Like `fail`, `abandon` and `interrupt`, records a run and returns its id. */
  complete(facts?: Partial<RunCompletion>): number;
  fail(error: string, failure?: Partial<RunFailure>): number;
  /** Records a run whose process died. */
  abandon(): number;
  /** Records a run that SIGTERM stopped. */
  interrupt(): number;
  /** Queues a mail about a run and returns its Message-ID. */
  mail(kind: MessageKind, runId: number | null, recipients?: readonly string[]): string;
}

export function createStoreBench(context: TestContext): StoreBench {
  const path = tempDatabase(context);
  const clock = createFakeClock();
  const store = openAuditStore(path, clock.now());
  context.after(() => store[Symbol.dispose]());
  let mails = 0;

  function beginNext(): number {
    clock.advance(60_000);
    return begin(store, clock.now(), 'schedule');
  }

  const bench: StoreBench = {
    path,
    store,
    clock,
    complete(facts = {}) {
      const id = beginNext();
      store.transactions.run((tx) =>
        store.runs.complete(tx, id, someCompletion({ finishedAt: clock.now(), isBaseline: id === 1, ...facts })),
      );
      return id;
    },
    fail(error, failure = {}) {
      const id = beginNext();
      store.transactions.run((tx) =>
        store.runs.fail(tx, id, someFailure({ finishedAt: clock.now(), pageCount: 0, error, ...failure })),
      );
      return id;
    },
    abandon() {
      const id = beginNext();
      store.transactions.run((tx) => store.runs.interruptAbandoned(tx, clock.now()));
      return id;
    },
    interrupt: () => bench.fail('stopped by SIGTERM', { status: 'interrupted', errorType: 'InterruptedError' }),
    mail(kind, runId, recipients = [recipient]) {
      mails += 1;
      const message = someMessage(mails, { kind, createdAt: clock.now().toISOString() });
      store.transactions.run((tx) => store.outbox.enqueue(tx, message, recipients, runId));
      return message.messageId;
    },
  };
  return bench;
}
