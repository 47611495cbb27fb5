import type { ReadRegister, RegisterRow } from '../../src/store/register.ts';
import { msPerDay } from '../../src/time/duration.ts';

/** Returns a row that approves its token, unless Carol Clark owns it. */
export function someRow(fields: Partial<RegisterRow> = {}): RegisterRow {
  return {
    responsible: 'Ann Archer',
    purpose: 'nightly export',
    ticket: 'OPS-12',
    reviewBy: null,
    overdueAt: null,
    decision: 'keep',
    decidedBy: 'Carol Clark',
    decidedOn: '2026-02-01',
    isVanished: false,
    ...fields,
  };
}

/** Returns the fields of a review that is due on a day in UTC. */
export function dueOn(reviewBy: string): Pick<RegisterRow, 'reviewBy' | 'overdueAt'> {
  return { reviewBy, overdueAt: new Date(Date.parse(reviewBy) + msPerDay).toISOString() };
}

/** Returns a file with these rows. */
export function fileOf(rows: Iterable<[tokenId: string, row: RegisterRow]>): ReadRegister {
  return { kind: 'read', rows: new Map(rows) };
}
