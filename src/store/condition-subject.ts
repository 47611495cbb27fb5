import type { ConditionSubject } from '../rules/condition-rule.ts';
import type { SubjectType } from '../rules/finding.ts';
import type { OwnerReader } from './owners.ts';
import { boolean, nullable, type RowOf, text, textOf } from './statement.ts';
import { tokenColumns } from './token-row.ts';

/** What a condition is about, with its current token if it is about one that still exists. */
export const conditionSubjectRow = {
  subjectType: textOf<SubjectType>(),
  subject: text,
  tokenId: nullable(text),
  name: nullable(text),
  type: nullable(text),
  enabled: nullable(boolean),
  createdAt: nullable(text),
  membershipId: nullable(text),
  disabledSince: nullable(text),
};
export type ConditionSubjectRow = RowOf<typeof conditionSubjectRow>;

/** The columns of `conditionSubjectRow`, of `conditionsAndTokens`. */
export const subjectColumns = `c.subject_type AS subjectType, c.subject, ${tokenColumns('v')}, v.disabled_since AS disabledSince`;

/** Open conditions, each with its current token. */
export const conditionsAndTokens = `conditions AS c
  LEFT JOIN token_versions AS v
    ON c.subject_type = 'token' AND v.token_id = c.subject AND v.last_run_id IS NULL`;

/** The owner or the current token that an open condition is about. @throws Error when there is no such token. */
export function toConditionSubject(row: ConditionSubjectRow, { withTokens }: OwnerReader): ConditionSubject {
  if (row.subjectType === 'owner') return { kind: 'owner', ...withTokens(row.subject) };
  const { tokenId: id, name, type, enabled, createdAt, membershipId, disabledSince } = row;
  if (id === null || name === null || type === null || enabled === null || createdAt === null) {
    throw new Error(`the snapshot has no token ${row.subject}, about which a condition is open`);
  }
  return {
    kind: 'token',
    token: { id, name, type, enabled: Boolean(enabled), createdAt, membershipId },
    disabledSince,
  };
}
