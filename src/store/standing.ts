import { conditionDetail } from '../domain/condition-rules.ts';
import type { Finding } from '../domain/finding.ts';
import type { ConditionKind } from '../domain/finding-catalogue.ts';
import { rowsPerGroup } from '../domain/finding-groups.ts';
import type { FindingGroup } from '../domain/run-report.ts';
import { inChunks } from './chunks.ts';
import {
  type ConditionSubjectRow,
  conditionsAndTokens,
  subjectColumns,
  toConditionSubject,
} from './condition-subject.ts';
import type { Database } from './database.ts';
import { type GroupedRow, groupRows } from './finding-groups.ts';
import { type FindingRow, toFinding } from './findings.ts';
import { createOwnerLooks, type OwnerLooks } from './owners.ts';

interface StandingRow extends FindingRow, ConditionSubjectRow {
  kind: ConditionKind;
  level: number;
}

/** The open conditions that nobody acknowledged, as findings about the tokens and owners of now. */
const columns = `c.id, c.opened_run_id AS runId, c.kind, 'opened' AS turn, c.severity, c.level, ${subjectColumns},
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
  const owners = createOwnerLooks(db);
  return groupRows(rows, (row) => toStanding(row, owners, now));
}

/** All of them, oldest first, read in chunks. */
export function* readAllStanding(db: Database, now: Date): Generator<Finding> {
  const next = db.prepare<[number, number], StandingRow>(
    `SELECT ${columns} FROM ${standing} AND c.id > ? ORDER BY c.id LIMIT ?`,
  );
  const owners = createOwnerLooks(db);
  yield* inChunks(
    (after, limit) => next.all(after, limit),
    0,
    (row) => row.id,
    (row) => toStanding(row, owners, now),
  );
}

function toStanding(row: StandingRow, owners: OwnerLooks, now: Date): Finding {
  return {
    ...toFinding(row, owners.lastKnown),
    detail: conditionDetail(row.kind, row.level, toConditionSubject(row, owners), now),
  };
}
