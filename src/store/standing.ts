import type { FindingGroup } from '../domain/run-report.ts';
import { ageInDays } from '../domain/token.ts';
import type { Database } from './database.ts';
import { type GroupedRow, groupFindings } from './finding-groups.ts';
import { toFinding } from './findings.ts';

const rowsPerGroup = 50;

/** The conditions that are open now, by kind and severity, as findings about the current tokens; counts are exact. */
export function readStanding(db: Database, now: Date): FindingGroup[] {
  const rows = db
    .prepare<[number], GroupedRow & { level: number }>(
      `SELECT *
         FROM (SELECT c.id, c.opened_run_id AS runId, c.kind, 'opened' AS turn, c.severity, c.level,
                      c.subject_type AS subjectType, c.subject, v.name AS tokenName, v.type AS tokenType,
                      v.created_at AS tokenCreatedAt, v.membership_id AS tokenMembershipId, '{}' AS detail,
                      count(*) OVER same AS groupCount,
                      row_number() OVER (same ORDER BY v.created_at, c.id) AS position
                 FROM conditions AS c
                 LEFT JOIN token_versions AS v
                   ON c.subject_type = 'token' AND v.token_id = c.subject AND v.last_run_id IS NULL
                WHERE c.resolved_run_id IS NULL
               WINDOW same AS (PARTITION BY c.kind, c.severity))
        WHERE position <= ?
        ORDER BY kind, severity, position`,
    )
    .all(rowsPerGroup);
  return groupFindings(rows, (row) => {
    const finding = toFinding(row);
    if (row.kind !== 'token-stale') return finding;
    const ageDays = finding.token === null ? 0 : ageInDays(finding.token.createdAt, now);
    return { ...finding, detail: { ageDays, thresholdDays: row.level } };
  });
}
