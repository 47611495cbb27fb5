import type { ConditionSubject } from '../rules/condition-rule.ts';
import type { Subject } from '../rules/finding.ts';
import type { Database } from './database.ts';
import type { OwnerReader } from './owners.ts';
import { nullable, prepare, text } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';

/** Reads the owner or the current token that an open condition is about. @throws Error when there is no such token. */
export type SubjectReader = (subject: Subject) => ConditionSubject;

export function createSubjectReader(db: Database, { withTokens }: OwnerReader): SubjectReader {
  const current = prepare<[string]>(
    db,
    `SELECT ${tokenColumns('v')}, v.disabled_since AS disabledSince
       FROM token_versions AS v
      WHERE v.token_id = ?
        AND v.last_run_id IS NULL`,
  ).returning({ ...tokenRow, disabledSince: nullable(text) });
  return ({ type, id }) => {
    if (type === 'owner') return { kind: 'owner', ...withTokens(id) };
    const row = current.get(id);
    if (row === null) throw new Error(`the snapshot has no token ${id}, about which a condition is open`);
    return { kind: 'token', token: toToken(row), disabledSince: row.disabledSince };
  };
}
