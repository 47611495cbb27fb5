import type { ConditionSubject, JudgedCondition } from '../rules/condition-rule.ts';
import type { Subject, SubjectType } from '../rules/finding.ts';
import type { Database } from './database.ts';
import { createOwnerReader, type OwnerReader } from './owners.ts';
import { type TokenRow, tokenColumns, toToken } from './token-row.ts';

/** The subject of a condition, and its token where it has one that is known. */
export interface ConditionSubjectRow extends TokenRow {
  subjectType: SubjectType;
  subject: string;
  disabledSince: string | null;
}

/** What is known of the token or the owner that a condition is about; null: nothing any more. */
export function toConditionSubject(row: ConditionSubjectRow, { withTokens }: OwnerReader): ConditionSubject | null {
  if (row.subjectType === 'owner') return { kind: 'owner', ...withTokens(row.subject) };
  return row.tokenId === null ? null : { kind: 'token', token: toToken(row), disabledSince: row.disabledSince };
}

/** A condition that stands. */
export interface StandingCondition extends JudgedCondition {
  subject: Subject;
  about: ConditionSubject | null;
}

/** For SELECT lists over `conditionsAndTokens`. */
export const subjectColumns = `c.subject_type AS subjectType, c.subject, ${tokenColumns('v')}, since.started_at AS disabledSince`;

/** Conditions that are open, each beside its token of now. */
export const conditionsAndTokens = `conditions AS c
  LEFT JOIN token_versions AS v
    ON c.subject_type = 'token' AND v.token_id = c.subject AND v.last_run_id IS NULL
  LEFT JOIN runs AS since ON since.id = v.disabled_since_run_id`;

/** Finds a condition with what it is about now; null where it is open no longer. */
export function createStandingLookup(db: Database): (conditionId: number) => StandingCondition | null {
  const byId = db.prepare<[number], ConditionSubjectRow & JudgedCondition>(
    `SELECT c.kind, c.level, c.severity, ${subjectColumns}
       FROM ${conditionsAndTokens}
      WHERE c.id = ?
        AND c.resolved_run_id IS NULL`,
  );
  const owners = createOwnerReader(db);
  return (conditionId) => {
    const row = byId.get(conditionId);
    if (row === undefined) return null;
    const { kind, level, severity, subjectType: type, subject: id } = row;
    return { kind, level, severity, subject: { type, id }, about: toConditionSubject(row, owners) };
  };
}
