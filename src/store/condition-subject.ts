import type { ConditionSubject } from '../rules/condition-rule.ts';
import type { Subject } from '../rules/finding.ts';
import type { Database } from './database.ts';
import type { OwnerReader } from './owners.ts';
import { createRegisterReader } from './register.ts';
import { nullable, prepare, text } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';

/** Reads the owner or the current token that an open condition is about. @throws Error when the token is not in the snapshot. */
export type SubjectReader = (subject: Subject) => ConditionSubject;

export function createSubjectReader(db: Database, owners: OwnerReader): SubjectReader {
  const { factsOf } = createRegisterReader(db, owners);
  const current = prepare<[string]>(
    db,
    `SELECT ${tokenColumns('v')}, v.disabled_since AS disabledSince
       FROM token_versions AS v
      WHERE v.token_id = ?
        AND v.last_run_id IS NULL`,
  ).returning({ ...tokenRow, disabledSince: nullable(text) });
  return ({ type, id }) => {
    if (type === 'owner') return { kind: 'owner', ...owners.withTokens(id) };
    const row = current.get(id);
    if (row === null) throw new Error(`a condition is open for token ${id}, which is not in the snapshot`);
    const token = toToken(row);
    return { kind: 'token', token, disabledSince: row.disabledSince, register: factsOf(token) };
  };
}
