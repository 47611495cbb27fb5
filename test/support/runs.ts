import type { TestContext } from 'node:test';
import type { Token } from '../../src/rules/token.ts';
import type { RunCompletion, RunFailure, RunTrigger } from '../../src/store/runs.ts';
import type { DueToken } from '../../src/store/snapshots.ts';
import type { Transaction } from '../../src/store/transaction.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { someMorning } from './fake-clock.ts';
import { tempDatabase } from './temp-folder.ts';

/** Opens a store on a new file, without any run. */
export function someStore(context: TestContext): AuditStore {
  const store = openAuditStore(tempDatabase(context), someMorning);
  context.after(() => store[Symbol.dispose]());
  return store;
}

/** Begins a run and returns its id. */
export function begin(
  { transactions, runs }: Pick<AuditStore, 'transactions' | 'runs'>,
  startedAt: Date = someMorning,
  trigger: RunTrigger = 'manual',
): number {
  return transactions.run((tx) => runs.begin(tx, trigger, 'the test', startedAt));
}

/** Returns the record of a completed run in which nothing happened. */
export function someCompletion(
  facts: Partial<RunCompletion> & Pick<RunCompletion, 'finishedAt' | 'isBaseline'>,
): RunCompletion {
  return {
    startedAt: facts.finishedAt,
    clockChecked: true,
    hiddenIds: [],
    tokenCount: 3,
    pageCount: 1,
    requestCount: 1,
    surplus: 0,
    settingsFingerprint: '{}',
    owners: { known: true, unresolved: 0 },
    rolesProblem: null,
    credential: null,
    breaker: null,
    ...facts,
  };
}

export function someFailure(facts: Partial<RunFailure> & Pick<RunFailure, 'finishedAt'>): RunFailure {
  return { status: 'failed', pageCount: 1, requestCount: 1, errorType: 'OmniError', error: 'no', ...facts };
}

/** Stages a listing of these tokens, as a run does. */
export function stage({ staging }: AuditStore, tokens: readonly Token[]): void {
  staging.reset();
  staging.add(tokens);
  staging.seal();
}

/** Returns the current snapshot, ordered by id, and marks it as judged. */
export function currentFacts({ snapshots }: AuditStore, tx: Transaction): DueToken[] {
  const facts: DueToken[] = [];
  snapshots.makeAllDue(tx);
  for (const token of snapshots.due(someMorning)) {
    facts.push(token);
    snapshots.setDue(tx, token, null);
  }
  return facts.sort((a, b) => a.token.id.localeCompare(b.token.id));
}
