import type { ConditionKind } from '../rules/catalogue.ts';
import type { ConditionSubject, JudgedCondition } from '../rules/condition-rule.ts';
import type { ResolvedReason, Subject, SubjectType } from '../rules/finding.ts';
import type { OwnerState } from '../rules/owner.ts';
import { noSeverityCounts, type Severity, type SeverityCounts } from '../rules/severity.ts';
import type { ConditionDifference, SubjectState } from '../rules/transitions.ts';
import { inChunks } from './chunks.ts';
import { type ConditionSubjectRow, createStandingLookup, toConditionSubject } from './condition-subject.ts';
import type { Database, Statement } from './database.ts';
import { createOwnerReader } from './owners.ts';
import { tokenColumns } from './token-row.ts';

/** A difference between what stood and what the rules find, with all that its finding will say. */
export interface OpenDifference extends ConditionDifference {
  subject: Subject;
  /** null: not open so far. */
  conditionId: number | null;
  /** The newest known state of its token or owner. */
  about: ConditionSubject | null;
}

interface DifferenceRow extends ConditionSubjectRow {
  position: number;
  kind: ConditionKind;
  conditionId: number | null;
  standingLevel: number | null;
  judgedLevel: number | null;
  standingSeverity: Severity | null;
  judgedSeverity: Severity | null;
  heldBack: number;
  hadEarlierInterval: number;
  lastToldAt: string | null;
  versionLastRunId: number | null;
  isWanted: number;
  ownerState: OwnerState | null;
}

/** What stands until it is resolved, one row for each interval. */
export function createConditions(db: Database) {
  // level NULL: it cannot be judged now, so that it stays as it is. former_level: what stands up to
  // this level stays too, since only a clock that was set back speaks against it.
  db.exec(`CREATE TEMP TABLE judged_conditions (
             subject_type TEXT NOT NULL,
             subject      TEXT NOT NULL,
             kind         TEXT NOT NULL,
             level        INTEGER,
             severity     TEXT,
             former_level INTEGER,
             PRIMARY KEY (subject_type, subject, kind)
           ) STRICT, WITHOUT ROWID;
           CREATE TEMP TABLE condition_differences (
             position          INTEGER PRIMARY KEY,
             kind              TEXT NOT NULL,
             subject_type      TEXT NOT NULL,
             subject           TEXT NOT NULL,
             condition_id      INTEGER,
             standing_level    INTEGER,
             judged_level      INTEGER,
             standing_severity TEXT,
             judged_severity   TEXT,
             is_unreported         INTEGER NOT NULL
           ) STRICT`);
  const judge = db.prepare<[SubjectType, string, ConditionKind, number, Severity]>(
    'INSERT INTO temp.judged_conditions (subject_type, subject, kind, level, severity) VALUES (?, ?, ?, ?, ?)',
  );
  // Only what stands needs protection, which is little: not every owner of unknown habits gets a row.
  const leaveUndecided = db.prepare<[SubjectType, string, ConditionKind]>(
    `INSERT INTO temp.judged_conditions (subject_type, subject, kind)
     SELECT subject_type, subject, kind
       FROM conditions
      WHERE subject_type = ?
        AND subject = ?
        AND kind = ?
        AND resolved_run_id IS NULL`,
  );
  const keepUpTo = db.prepare<[number, SubjectType, string, ConditionKind]>(
    `INSERT INTO temp.judged_conditions (subject_type, subject, kind, former_level)
     SELECT subject_type, subject, kind, ?
       FROM conditions
      WHERE subject_type = ?
        AND subject = ?
        AND kind = ?
        AND resolved_run_id IS NULL
         ON CONFLICT DO UPDATE SET former_level = excluded.former_level`,
  );
  // Two directions, each by an index; one FULL JOIN would compare every row with every other, and so
  // would a second one that begins with what stands (CROSS JOIN keeps it from that).
  const compare = db.prepare<[{ ownersKnown: number }]>(
    `INSERT INTO temp.condition_differences
            (kind, subject_type, subject, condition_id, standing_level, judged_level, standing_severity, judged_severity, is_unreported)
     SELECT kind, subject_type, subject, id, standing_level, iif(stays, standing_level, level), standing_severity,
            iif(stays, standing_severity, severity), is_unreported
       FROM (SELECT j.kind, j.subject_type, j.subject, c.id, c.level AS standing_level, j.level,
                    c.severity AS standing_severity, j.severity, coalesce(c.is_unreported, 0) AS is_unreported,
                    coalesce(c.level > j.level AND c.level <= j.former_level, 0) AS stays
               FROM temp.judged_conditions AS j
               LEFT JOIN conditions AS c
                 ON c.subject_type = j.subject_type
                AND c.subject = j.subject
                AND c.kind = j.kind
                AND c.resolved_run_id IS NULL
              WHERE j.level IS NOT NULL)
      WHERE id IS NULL
         OR is_unreported = 1
         OR (NOT stays AND (standing_level <> level OR standing_severity <> severity))
     UNION ALL
     SELECT c.kind, c.subject_type, c.subject, c.id, c.level, NULL, c.severity, NULL, c.is_unreported
       FROM (SELECT 'token' AS subject_type, token_id AS subject
               FROM temp.due_tokens
              UNION ALL
             SELECT DISTINCT subject_type, subject
               FROM conditions
              WHERE @ownersKnown = 1
                AND subject_type = 'owner'
                AND resolved_run_id IS NULL) AS due
      CROSS JOIN conditions AS c
         ON c.subject_type = due.subject_type
        AND c.subject = due.subject
        AND c.resolved_run_id IS NULL
      WHERE NOT EXISTS (SELECT 1
                          FROM temp.judged_conditions AS j
                         WHERE j.subject_type = c.subject_type
                           AND j.subject = c.subject
                           AND j.kind = c.kind)
      ORDER BY kind, subject`,
  );
  const nextDifferences = db.prepare<[number, number], DifferenceRow>(
    `SELECT d.position, d.kind, d.subject_type AS subjectType, d.subject, d.condition_id AS conditionId,
            d.standing_level AS standingLevel, d.judged_level AS judgedLevel,
            d.standing_severity AS standingSeverity, d.judged_severity AS judgedSeverity, d.is_unreported AS heldBack,
            EXISTS (SELECT 1 FROM conditions AS old
                     WHERE old.subject = d.subject
                       AND old.kind = d.kind
                       AND old.subject_type = d.subject_type
                       AND old.resolved_run_id IS NOT NULL) AS hadEarlierInterval,
            (SELECT r.started_at
               FROM findings AS f
               JOIN runs AS r ON r.id = f.run_id
              WHERE f.subject = d.subject
                AND f.kind = d.kind
                AND f.subject_type = d.subject_type
                AND f.suppressed_by IS NULL
              ORDER BY f.id DESC
              LIMIT 1) AS lastToldAt,
            ${tokenColumns('v')},
            v.last_run_id AS versionLastRunId, since.started_at AS disabledSince,
            w.membership_id IS NOT NULL AS isWanted, w.state AS ownerState
       FROM temp.condition_differences AS d
       LEFT JOIN token_versions AS v
         ON d.subject_type = 'token'
        AND v.token_id = d.subject
        AND v.first_run_id = (SELECT max(newest.first_run_id) FROM token_versions AS newest WHERE newest.token_id = d.subject)
       LEFT JOIN runs AS since ON since.id = v.disabled_since_run_id
       LEFT JOIN temp.wanted_owners AS w
         ON d.subject_type = 'owner'
        AND w.membership_id = d.subject
      WHERE d.position > ?
      ORDER BY d.position
      LIMIT ?`,
  );
  const open = db.prepare<
    [{ id: number; subject: string; type: SubjectType; runId: number; heldBack: number } & JudgedCondition]
  >(
    `INSERT INTO conditions (id, kind, subject_type, subject, level, severity, opened_run_id, is_unreported)
     VALUES (@id, @kind, @type, @subject, @level, @severity, @runId, @heldBack)`,
  );
  const change = db.prepare<[number, Severity, number]>('UPDATE conditions SET level = ?, severity = ? WHERE id = ?');
  const release = prepareRelease(db);
  const resolve = db.prepare<[number, ResolvedReason, number]>(
    'UPDATE conditions SET resolved_run_id = ?, resolved_reason = ?, is_unreported = 0 WHERE id = ?',
  );
  const countOpen = db.prepare<[], { severity: Severity; count: number }>(
    'SELECT severity, count(*) AS count FROM conditions WHERE resolved_run_id IS NULL GROUP BY severity',
  );
  const owners = createOwnerReader(db);

  function toDifference(row: DifferenceRow, now: Date): OpenDifference {
    return {
      kind: row.kind,
      subject: { type: row.subjectType, id: row.subject },
      conditionId: row.conditionId,
      standingLevel: row.standingLevel,
      judgedLevel: row.judgedLevel,
      standingSeverity: row.standingSeverity,
      judgedSeverity: row.judgedSeverity,
      hadEarlierInterval: row.hadEarlierInterval === 1,
      isHeldBack: row.heldBack === 1,
      msSinceTold: row.lastToldAt === null ? null : now.getTime() - Date.parse(row.lastToldAt),
      subjectState: row.subjectType === 'owner' ? ownerStateOf(row) : tokenStateOf(row),
      about: toConditionSubject(row, owners),
    };
  }

  return {
    /** Forgets what was judged. */
    reset(): void {
      db.exec('DELETE FROM temp.judged_conditions; DELETE FROM temp.condition_differences');
    },
    judged(subject: Subject, { kind, level, severity }: JudgedCondition): void {
      judge.run(subject.type, subject.id, kind, level, severity);
    },
    /** What cannot be judged now stays as it is. */
    undecided(subject: Subject, kind: ConditionKind): void {
      leaveUndecided.run(subject.type, subject.id, kind);
    },
    /** What stands of this, up to this level, was so at a time that the clock has shown before: it stays. */
    heldFormerly(subject: Subject, { kind, level }: JudgedCondition): void {
      keepUpTo.run(level, subject.type, subject.id, kind);
    },
    /**
     * Where the judged conditions differ from the open ones of the tokens that were due, and of all
     * owners, and what is held back. Where the owners are unknown, nothing is resolved that is about
     * one. Read in chunks, so that the caller may write meanwhile.
     */
    *differences(ownersKnown: boolean, now: Date): Generator<OpenDifference> {
      compare.run({ ownersKnown: Number(ownersKnown) });
      yield* inChunks(
        (after, limit) => nextDifferences.all(after, limit),
        0,
        (row) => row.position,
        (row) => toDifference(row, now),
      );
    },
    /** `isHeldBack`: its opening was not told, and is later if it stays. */
    open(id: number, subject: Subject, judged: JudgedCondition, runId: number, isHeldBack: boolean): void {
      open.run({ ...judged, id, subject: subject.id, type: subject.type, runId, heldBack: Number(isHeldBack) });
    },
    change(id: number, level: number, severity: Severity): void {
      change.run(level, severity, id);
    },
    /** How many stand, acknowledged ones among them. */
    openBySeverity(): SeverityCounts {
      const counts = noSeverityCounts();
      for (const { severity, count } of countOpen.all()) counts[severity] = count;
      return counts;
    },
    /** null: it does not stand any more. */
    standing: createStandingLookup(db),
    /** It is held back no longer. */
    release(id: number): void {
      release.run(id);
    },
    resolve(id: number, reason: ResolvedReason, runId: number): void {
      resolve.run(runId, reason, id);
    },
  };
}

/** What was told, or accepted before it was, is held back no longer. */
export function prepareRelease(db: Database): Statement<[number]> {
  return db.prepare<[number]>('UPDATE conditions SET is_unreported = 0 WHERE id = ?');
}

function tokenStateOf({ versionLastRunId, enabled }: DifferenceRow): SubjectState {
  if (versionLastRunId !== null) return 'removed';
  return enabled === 0 ? 'disabled' : 'enabled';
}

/** One whose state was not learned is never among the differences. */
function ownerStateOf({ isWanted, ownerState }: DifferenceRow): SubjectState {
  return isWanted === 0 ? 'removed' : (ownerState ?? 'active');
}
