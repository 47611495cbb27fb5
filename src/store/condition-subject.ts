import type { ConditionSubject } from '../domain/condition-rule.ts';
import type { SubjectType } from '../domain/finding.ts';
import type { OwnerLooks } from './owners.ts';
import { type TokenRow, toToken } from './token-row.ts';

/** The subject of a condition, and its token where it has one that is known. */
export interface ConditionSubjectRow extends TokenRow {
  subjectType: SubjectType;
  subject: string;
  disabledSince: string | null;
}

/** What is known of the token or the owner that a condition is about; null: nothing any more. */
export function toConditionSubject(row: ConditionSubjectRow, { holder }: OwnerLooks): ConditionSubject | null {
  if (row.subjectType === 'owner') return { kind: 'owner', ...holder(row.subject) };
  return row.tokenId === null ? null : { kind: 'token', token: toToken(row), disabledSince: row.disabledSince };
}
