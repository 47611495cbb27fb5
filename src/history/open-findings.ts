import type { ConditionKind } from '../rules/catalogue.ts';
import type { Finding, SubjectType } from '../rules/finding.ts';
import { rowsPerGroup } from '../rules/finding-groups.ts';
import { conditionFacts } from '../rules/judge.ts';
import type { Severity } from '../rules/severity.ts';
import { createSubjectReader } from '../store/condition-subject.ts';
import type { Database } from '../store/database.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import { groupCounts, groupRows } from './group-rows.ts';
import type { History } from './history.ts';

const openRow = {
  id: integer,
  runId: integer,
  kind: textOf<ConditionKind>(),
  severity: textOf<Severity>(),
  level: integer,
  subjectType: textOf<SubjectType>(),
  subject: text,
};

const columns = 'c.id, c.opened_run_id AS runId, c.kind, c.severity, c.level, c.subject_type AS subjectType, c.subject';

const notAcknowledged = `conditions AS c
  LEFT JOIN token_versions AS v
    ON c.subject_type = 'token' AND v.token_id = c.subject AND v.last_run_id IS NULL
 WHERE c.resolved_run_id IS NULL
   AND NOT EXISTS (SELECT 1
                     FROM acknowledgements AS a
                    WHERE a.condition_id = c.id
                      AND a.ended_at IS NULL)`;

export function createOpenFindings(db: Database, owners: OwnerReader): Pick<History, 'openGroups' | 'openFindings'> {
  const stmts = {
    groups: prepare<[number]>(
      db,
      `SELECT *
         FROM (SELECT ${columns},
                      count(*) OVER same AS groupCount,
                      sum(CASE c.subject_type
                          WHEN 'owner' THEN (SELECT count(*)
                                               FROM token_versions AS owned
                                              WHERE owned.membership_id = c.subject
                                                AND owned.last_run_id IS NULL)
                          ELSE 1
                          END) OVER same AS groupTokenCount,
                      row_number() OVER (same ORDER BY v.created_at, c.id) AS position
                 FROM ${notAcknowledged}
               WINDOW same AS (PARTITION BY c.kind, c.severity))
        WHERE position <= ?
        ORDER BY kind, severity, position`,
    ).returning({ ...openRow, ...groupCounts }),
    all: prepare(db, `SELECT ${columns} FROM ${notAcknowledged} ORDER BY c.id`).returning(openRow),
  };

  const subjectOf = createSubjectReader(db, owners);

  /** The finding that would open the condition now. */
  function toFinding(row: RowOf<typeof openRow>, now: Date): Finding {
    const { id, runId, kind, severity, level, subjectType, subject } = row;
    const header = { id, runId, severity, subject: { type: subjectType, id: subject } };
    const about = subjectOf(header.subject);
    const content = { ...conditionFacts(kind, level, about, now), transition: 'opened' } as const;
    if (about.kind === 'owner') return { ...header, ...content, token: null, owner: about.owner };
    const { enabled, ...token } = about.token;
    return { ...header, ...content, token, owner: owners.lastKnown(token.membershipId) };
  }

  return {
    openGroups: (now) => groupRows(stmts.groups.all(rowsPerGroup), (row) => toFinding(row, now)),
    *openFindings(now) {
      for (const row of stmts.all.iterate()) yield toFinding(row, now);
    },
  };
}
