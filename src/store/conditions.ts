import type { JudgedCondition } from '../domain/condition-rules.ts';
import type { ConditionDifference } from '../domain/condition-turn.ts';
import type { ResolvedReason, Subject, SubjectType } from '../domain/finding.ts';
import type { ConditionKind } from '../domain/finding-catalogue.ts';
import type { Severity } from '../domain/severity.ts';
import type { Token } from '../domain/token.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';
import { type TokenRow, toToken } from './token-row.ts';

/** A difference between what stood and what the rules find, with all that its finding will say. */
export interface OpenDifference extends ConditionDifference {
  subject: Subject;
  /** null: not open so far. */
  conditionId: number | null;
  /** The newest known state of the token. */
  about: Token | null;
}

interface DifferenceRow extends TokenRow {
  position: number;
  kind: ConditionKind;
  subjectType: SubjectType;
  subject: string;
  conditionId: number | null;
  standingLevel: number | null;
  judgedLevel: number | null;
  standingSeverity: Severity | null;
  judgedSeverity: Severity | null;
  hadEarlierInterval: number;
  versionLastRunId: number | null;
}

/** What stands until it is resolved, one row for each interval. */
export function createConditions(db: Database) {
  db.exec(`CREATE TEMP TABLE judged_conditions (
             subject_type TEXT NOT NULL,
             subject      TEXT NOT NULL,
             kind         TEXT NOT NULL,
             level        INTEGER NOT NULL,
             severity     TEXT NOT NULL,
             PRIMARY KEY (subject_type, subject, kind)
           ) STRICT, WITHOUT ROWID;
           CREATE TEMP TABLE condition_differences (
             position       INTEGER PRIMARY KEY,
             kind           TEXT NOT NULL,
             subject_type   TEXT NOT NULL,
             subject        TEXT NOT NULL,
             condition_id   INTEGER,
             standing_level INTEGER,
             judged_level   INTEGER,
             standing_severity TEXT,
             judged_severity   TEXT
           ) STRICT`);
  const judge = db.prepare<[SubjectType, string, ConditionKind, number, Severity]>(
    'INSERT INTO temp.judged_conditions (subject_type, subject, kind, level, severity) VALUES (?, ?, ?, ?, ?)',
  );
  // Two directions, each by an index; one FULL JOIN would compare every row with every other.
  const compare = db.prepare(
    `INSERT INTO temp.condition_differences
            (kind, subject_type, subject, condition_id, standing_level, judged_level, standing_severity, judged_severity)
     SELECT j.kind, j.subject_type, j.subject, c.id, c.level, j.level, c.severity, j.severity
       FROM temp.judged_conditions AS j
       LEFT JOIN conditions AS c
         ON c.subject_type = j.subject_type
        AND c.subject = j.subject
        AND c.kind = j.kind
        AND c.resolved_run_id IS NULL
      WHERE c.id IS NULL
         OR c.level <> j.level
         OR c.severity <> j.severity
     UNION ALL
     SELECT c.kind, c.subject_type, c.subject, c.id, c.level, NULL, c.severity, NULL
       FROM conditions AS c
      WHERE c.resolved_run_id IS NULL
        AND NOT EXISTS (SELECT 1
                          FROM temp.judged_conditions AS j
                         WHERE j.subject_type = c.subject_type
                           AND j.subject = c.subject
                           AND j.kind = c.kind)
      ORDER BY kind, subject`,
  );
  const nextDifferences = db.prepare<[number, number], DifferenceRow>(
    `SELECT d.position, d.kind, d.subject_type AS subjectType, d.subject, d.condition_id AS conditionId,
            d.standing_level AS standingLevel, d.judged_level AS judgedLevel,
            d.standing_severity AS standingSeverity, d.judged_severity AS judgedSeverity,
            EXISTS (SELECT 1 FROM conditions AS old
                     WHERE old.subject = d.subject
                       AND old.kind = d.kind
                       AND old.subject_type = d.subject_type
                       AND old.resolved_run_id IS NOT NULL) AS hadEarlierInterval,
            v.token_id AS tokenId, v.name, v.type, v.enabled, v.created_at AS createdAt, v.membership_id AS membershipId,
            v.last_run_id AS versionLastRunId
       FROM temp.condition_differences AS d
       LEFT JOIN token_versions AS v
         ON d.subject_type = 'token'
        AND v.token_id = d.subject
        AND v.first_run_id = (SELECT max(newest.first_run_id) FROM token_versions AS newest WHERE newest.token_id = d.subject)
      WHERE d.position > ?
      ORDER BY d.position
      LIMIT ?`,
  );
  const open = db.prepare<[number, ConditionKind, SubjectType, string, number, Severity, number]>(
    `INSERT INTO conditions (id, kind, subject_type, subject, level, severity, opened_run_id)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const change = db.prepare<[number, Severity, number]>('UPDATE conditions SET level = ?, severity = ? WHERE id = ?');
  const resolve = db.prepare<[number, ResolvedReason, number]>(
    'UPDATE conditions SET resolved_run_id = ?, resolved_reason = ? WHERE id = ?',
  );
  return {
    /** Forgets what was judged. */
    reset(): void {
      db.exec('DELETE FROM temp.judged_conditions; DELETE FROM temp.condition_differences');
    },
    judged(subject: Subject, { kind, level, severity }: JudgedCondition): void {
      judge.run(subject.type, subject.id, kind, level, severity);
    },
    /** Where the judged conditions differ from the open ones. Read in chunks, so that the caller may write meanwhile. */
    *differences(): Generator<OpenDifference> {
      compare.run();
      yield* inChunks(
        (after, limit) => nextDifferences.all(after, limit),
        0,
        (row) => row.position,
        toDifference,
      );
    },
    open(id: number, subject: Subject, { kind, level, severity }: JudgedCondition, runId: number): void {
      open.run(id, kind, subject.type, subject.id, level, severity, runId);
    },
    change(id: number, level: number, severity: Severity): void {
      change.run(level, severity, id);
    },
    resolve(id: number, reason: ResolvedReason, runId: number): void {
      resolve.run(runId, reason, id);
    },
  };
}

function toDifference(row: DifferenceRow): OpenDifference {
  const about = row.tokenId === null ? null : toToken(row);
  const isListed = row.versionLastRunId === null;
  return {
    kind: row.kind,
    subject: { type: row.subjectType, id: row.subject },
    conditionId: row.conditionId,
    standingLevel: row.standingLevel,
    judgedLevel: row.judgedLevel,
    standingSeverity: row.standingSeverity,
    judgedSeverity: row.judgedSeverity,
    hadEarlierInterval: row.hadEarlierInterval === 1,
    token: !isListed ? 'removed' : about?.enabled === false ? 'disabled' : 'enabled',
    about,
  };
}
