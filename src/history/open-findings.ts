import type { ConditionKind } from '../rules/catalogue.ts';
import type { Finding } from '../rules/finding.ts';
import type { FindingGroup } from '../rules/finding-groups.ts';
import { rowsPerGroup } from '../rules/finding-groups.ts';
import { conditionFacts } from '../rules/judge.ts';
import { inChunks } from '../store/chunks.ts';
import {
  type ConditionSubjectRow,
  conditionsAndTokens,
  subjectColumns,
  toConditionSubject,
} from '../store/condition-subject.ts';
import type { Database } from '../store/database.ts';
import { type FindingRow, toFindingToken } from '../store/findings.ts';
import { createOwnerReader, type OwnerReader } from '../store/owners.ts';
import { type GroupedRow, groupRows } from './group-rows.ts';

interface StandingRow extends FindingRow, ConditionSubjectRow {
  kind: ConditionKind;
  level: number;
}

/** The open conditions that nobody acknowledged, as findings about the tokens and owners of now. */
const columns = `c.id, c.opened_run_id AS runId, c.kind, 'opened' AS transition, c.severity, c.level, ${subjectColumns},
       v.name AS tokenName, v.type AS tokenType, v.created_at AS tokenCreatedAt,
       v.membership_id AS tokenMembershipId, '{}' AS detail`;
const standing = `${conditionsAndTokens}
 WHERE c.resolved_run_id IS NULL
   AND NOT EXISTS (SELECT 1
                     FROM acknowledgements AS a
                    WHERE a.condition_id = c.id
                      AND a.ended_at IS NULL)`;

/** The first of them by kind and severity; counts are exact. */
export function readStanding(db: Database, now: Date): FindingGroup[] {
  const rows = db
    .prepare<[number], StandingRow & GroupedRow>(
      `SELECT *
         FROM (SELECT ${columns},
                      count(*) OVER same AS groupCount,
                      sum(CASE c.subject_type
                          WHEN 'owner' THEN (SELECT count(*)
                                               FROM token_versions AS held
                                              WHERE held.membership_id = c.subject
                                                AND held.last_run_id IS NULL)
                          ELSE 1
                          END) OVER same AS groupTokenCount,
                      row_number() OVER (same ORDER BY v.created_at, c.id) AS position
                 FROM ${standing}
               WINDOW same AS (PARTITION BY c.kind, c.severity))
        WHERE position <= ?
        ORDER BY kind, severity, position`,
    )
    .all(rowsPerGroup);
  const owners = createOwnerReader(db);
  return groupRows(rows, (row) => toStanding(row, owners, now));
}

/** All of them, oldest first, read in chunks. */
export function* readAllStanding(db: Database, now: Date): Generator<Finding> {
  const next = db.prepare<[number, number], StandingRow>(
    `SELECT ${columns} FROM ${standing} AND c.id > ? ORDER BY c.id LIMIT ?`,
  );
  const owners = createOwnerReader(db);
  yield* inChunks(
    (after, limit) => next.all(after, limit),
    0,
    (row) => row.id,
    (row) => toStanding(row, owners, now),
  );
}

function toStanding(row: StandingRow, owners: OwnerReader, now: Date): Finding {
  const about = toConditionSubject(row, owners);
  // An open condition is about a token of the snapshot, or about an owner.
  if (about === null) throw new Error(`nothing is known of ${row.subject}, which has the open condition ${row.id}`);
  return {
    ...conditionFacts(row.kind, row.level, about, now),
    transition: 'opened',
    id: row.id,
    runId: row.runId,
    severity: row.severity,
    subject: { type: row.subjectType, id: row.subject },
    token: toFindingToken(row),
    owner: owners.lastKnown(row.subjectType === 'owner' ? row.subject : row.tokenMembershipId),
  };
}
