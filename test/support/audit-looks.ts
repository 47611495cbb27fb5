import assert from 'node:assert/strict';
import type { Clock } from '../../src/clock.ts';
import type { Token } from '../../src/rules/token.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import type { AuditBench } from './audit-bench.ts';
import { someMorning } from './fake-clock.ts';
import { someKey, uuid } from './tokens.ts';

/** A time before the morning on which the clocks of the tests begin. */
export const daysAgo = (days: number): string => new Date(someMorning.getTime() - days * msPerDay).toISOString();

/** An organization key made so many days before that morning; of one age, the higher number is the older. */
export function keyOfAge(number: number, ageDays: number, fields: Partial<Token> = {}): Token {
  const createdAt = new Date(Date.parse(daysAgo(ageDays)) - number).toISOString();
  return someKey(number, { createdAt, ...fields });
}

/** The number that a test made an id from; any other text stays. */
export function short(text: string): string {
  return text.replace(/0{8}-0{4}-4000-8000-0*/g, '');
}

/** What a run told, as `kind turn severity subject`. */
export function newsOf({ store }: AuditBench, runId: number): string[] {
  return [...store.findings.reportedBy(runId)].map(({ kind, transition, severity, subject }) =>
    [kind, transition, severity, short(subject.id)].join(' '),
  );
}

/** Changes a token of the simulated organisation. */
export function change({ omni }: AuditBench, id: string, fields: Record<string, unknown>): void {
  const token = omni.organisation.tokens.find((candidate) => candidate.id === id);
  assert.ok(token);
  Object.assign(token, fields);
}

/** Deletes the tokens of these numbers. */
export function revoke({ omni }: AuditBench, ...numbers: number[]): void {
  const gone = new Set(numbers.map(uuid));
  const { tokens } = omni.organisation;
  tokens.splice(0, tokens.length, ...tokens.filter(({ id }) => !gone.has(id)));
}

/** All but the record of the runs themselves. */
export function dumpWithoutRuns(bench: AuditBench): Record<string, unknown[]> {
  const { runs, sqlite_sequence: counters, ...rest } = bench.dump();
  assert.ok(runs !== undefined && counters !== undefined);
  return rest;
}

/** The same without mail: that owners are unknown is mailed at once. */
export function dumpWithoutMail(bench: AuditBench): Record<string, unknown[]> {
  const { messages, deliveries, ...rest } = dumpWithoutRuns(bench);
  assert.ok(messages !== undefined && deliveries !== undefined);
  return rest;
}

/** The audits that follow use another connection to the database, like another process. */
export function restart(bench: AuditBench): AuditStore & Disposable {
  const store = openAuditStore(bench.path, bench.clock.now());
  bench.deps = { ...bench.deps, store };
  return store;
}

/** Accepts the conditions that are open for an id, and answers their numbers; for 90 days unless told. */
export function acknowledge(
  { store, clock }: { store: Pick<AuditStore, 'acknowledgements' | 'transactions'>; clock: Clock },
  id: string,
  days = 90,
): number[] {
  const expiresAt = new Date(clock.now().getTime() + days * msPerDay);
  const acceptance = {
    reason: 'it is known',
    by: 'Jane',
    createdAt: clock.now(),
    expiresOn: expiresAt.toISOString().slice(0, 10),
    expiresAt,
  };
  const conditions = store.acknowledgements.openConditions(id, clock.now());
  store.transactions.run((tx) => {
    for (const condition of conditions) store.acknowledgements.add(tx, condition, acceptance);
  });
  return conditions.map((condition) => condition.id);
}

/** Takes an acknowledgement back. */
export function unacknowledge({ store, clock }: AuditBench, conditionId: number, by = 'Joe'): void {
  store.transactions.run((tx) => store.acknowledgements.end(tx, conditionId, { because: 'revoked', by }, clock.now()));
}
