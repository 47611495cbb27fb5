import assert from 'node:assert/strict';
import type { Clock } from '../../src/clock.ts';
import type { Token } from '../../src/rules/token.ts';
import type { AuditStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import type { AuditBench } from './audit-bench.ts';
import { someMorning } from './fake-clock.ts';
import { someKey, uuid } from './tokens.ts';

/** Returns the instant that many days before the morning on which the clocks of the tests begin. */
export const daysAgo = (days: number): string => new Date(someMorning.getTime() - days * msPerDay).toISOString();

/** Returns an organization key with that age on that morning. If two keys have the same age, the higher number is older. */
export function keyOfAge(number: number, ageDays: number, fields: Partial<Token> = {}): Token {
  const createdAt = new Date(Date.parse(daysAgo(ageDays)) - number).toISOString();
  return someKey(number, { createdAt, ...fields });
}

/** Shortens an id that `uuid` made to the number that it was made from, in hexadecimal. */
export function short(text: string): string {
  return text.replace(/0{8}-0{4}-4000-8000-0*/g, '');
}

/** Returns the findings that a run reported, each as `kind transition severity subject`. */
export function reportedBy({ store }: AuditBench, runId: number): string[] {
  return [...store.findings.reportedBy(runId)].map(({ kind, transition, severity, subject }) =>
    [kind, transition, severity, short(subject.id)].join(' '),
  );
}

export async function auditAndRead(bench: AuditBench): Promise<string[]> {
  return reportedBy(bench, (await bench.completeAudit()).runId);
}

/** Changes a token of the simulated organisation. */
export function change({ omni }: AuditBench, id: string, fields: Record<string, unknown>): void {
  const token = omni.organisation.tokens.find((candidate) => candidate.id === id);
  Object.assign(token ?? assert.fail(id), fields);
}

/** Deletes the tokens of these numbers. */
export function revoke({ omni }: AuditBench, ...numbers: number[]): void {
  const gone = new Set(numbers.map(uuid));
  const { tokens } = omni.organisation;
  tokens.splice(0, tokens.length, ...tokens.filter(({ id }) => !gone.has(id)));
}

/** Acknowledges the open conditions of an id, by default for 90 days. Returns the ids of these conditions. */
export function acknowledge(
  { store, clock }: { store: Pick<AuditStore, 'acknowledgements' | 'transactions'>; clock: Clock },
  id: string,
  days = 90,
): number[] {
  const createdAt = clock.now();
  const expiresAt = new Date(createdAt.getTime() + days * msPerDay);
  const expiresOn = expiresAt.toISOString().slice(0, 10);
  const acceptance = { reason: 'it is known', by: 'Jane', createdAt, expiresOn, expiresAt };
  const conditions = store.acknowledgements.openConditions(id, createdAt);
  store.transactions.run((tx) => {
    for (const condition of conditions) store.acknowledgements.add(tx, condition, acceptance);
  });
  return conditions.map((condition) => condition.id);
}

/** Revokes an acknowledgement. */
export function unacknowledge({ store, clock }: AuditBench, conditionId: number, by = 'Joe'): void {
  store.transactions.run((tx) => store.acknowledgements.end(tx, conditionId, { because: 'revoked', by }, clock.now()));
}
