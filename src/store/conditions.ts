import type { ConditionKind } from '../rules/catalogue.ts';
import type { ConditionSubject, JudgedCondition } from '../rules/condition-rule.ts';
import type { ResolvedReason, Subject, SubjectType } from '../rules/finding.ts';
import { noSeverityCounts, type Severity, type SeverityCounts } from '../rules/severity.ts';
import type { ConditionPast, OpenInterval } from '../rules/transitions.ts';
import { createSubjectReader } from './condition-subject.ts';
import type { Database } from './database.ts';
import { createOwnerReader } from './owners.ts';
import { boolean, integer, type NamedValues, prepare, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Stores conditions, which hold until they are resolved. Each interval from opening to resolution is one row. */
export interface Conditions {
  /** Returns the open conditions of a token or an owner. */
  openOf(subject: Subject): OpenInterval[];
  /** Returns what a transition depends on: whether this kind of condition was open before, and when it was last reported. */
  pastOf(subject: Subject, kind: ConditionKind): ConditionPast;
  /** Returns an open condition and the current state of its subject; null if it is not open. */
  findOpen(id: number): { subject: Subject; judged: JudgedCondition; about: ConditionSubject } | null;
  /** Returns the owners that have open conditions but no longer any tokens. */
  formerOwners(): string[];
  /** Counts the open conditions, including acknowledged ones. */
  openBySeverity(): SeverityCounts;

  /** Opens a condition with the id of the finding that reports it, or updates the open condition with that id. */
  put(tx: Transaction, subject: Subject, interval: OpenInterval, runId: number): void;
  resolve(tx: Transaction, id: number, reason: ResolvedReason, runId: number): void;
}

const judgedRow = { kind: textOf<ConditionKind>(), level: integer, severity: textOf<Severity>() };

export function createConditions(db: Database): Conditions {
  const stmts = {
    openOf: prepare<[SubjectType, string]>(
      db,
      `SELECT id, kind, level, severity, is_unreported AS isUnreported
         FROM conditions
        WHERE subject_type = ?
          AND subject = ?
          AND resolved_run_id IS NULL`,
    ).returning({ id: integer, ...judgedRow, isUnreported: boolean }),
    hadEarlierInterval: prepare<[SubjectType, string, ConditionKind]>(
      db,
      `SELECT EXISTS (SELECT 1
                        FROM conditions
                       WHERE subject_type = ?
                         AND subject = ?
                         AND kind = ?
                         AND resolved_run_id IS NOT NULL)`,
    ).returningOne(boolean),
    lastReportedAt: prepare<[SubjectType, string, ConditionKind]>(
      db,
      `SELECT r.started_at
         FROM findings AS f
         JOIN runs AS r ON r.id = f.run_id
        WHERE f.subject_type = ?
          AND f.subject = ?
          AND f.kind = ?
          AND f.suppressed_by IS NULL
        ORDER BY f.id DESC
        LIMIT 1`,
    ).returningOne(text),
    findOpen: prepare<[number]>(
      db,
      `SELECT kind, level, severity, subject_type AS type, subject AS id
         FROM conditions
        WHERE id = ?
          AND resolved_run_id IS NULL`,
    ).returning({ ...judgedRow, type: textOf<SubjectType>(), id: text }),
    formerOwners: prepare(
      db,
      `SELECT DISTINCT c.subject
         FROM conditions AS c
        WHERE c.subject_type = 'owner'
          AND c.resolved_run_id IS NULL
          AND NOT EXISTS (SELECT 1
                            FROM token_versions AS v
                           WHERE v.membership_id = c.subject
                             AND v.last_run_id IS NULL)
        ORDER BY c.subject`,
    ).returningOne(text),
    openBySeverity: prepare(
      db,
      'SELECT severity, count(*) AS count FROM conditions WHERE resolved_run_id IS NULL GROUP BY severity',
    ).returning({ severity: textOf<Severity>(), count: integer }),
    put: prepare<[NamedValues]>(
      db,
      `INSERT INTO conditions (id, kind, subject_type, subject, level, severity, opened_run_id, is_unreported)
       VALUES (@id, @kind, @subjectType, @subject, @level, @severity, @runId, @isUnreported)
           ON CONFLICT (id) DO UPDATE
          SET level = excluded.level, severity = excluded.severity, is_unreported = excluded.is_unreported`,
    ),
    resolve: prepare<[number, ResolvedReason, number]>(
      db,
      'UPDATE conditions SET resolved_run_id = ?, resolved_reason = ?, is_unreported = 0 WHERE id = ?',
    ),
  };
  const subjectOf = createSubjectReader(db, createOwnerReader(db));

  return {
    openOf: ({ type, id }) => stmts.openOf.all(type, id),
    pastOf({ type, id }, kind) {
      // Finding the last report is slow, and most conditions open for the first time and do not need it.
      const hadEarlierInterval = stmts.hadEarlierInterval.get(type, id, kind) ?? false;
      return {
        hadEarlierInterval,
        lastReportedAt: hadEarlierInterval ? stmts.lastReportedAt.get(type, id, kind) : null,
      };
    },
    findOpen(conditionId) {
      const row = stmts.findOpen.get(conditionId);
      if (row === null) return null;
      const { type, id, ...judged } = row;
      return { subject: { type, id }, judged, about: subjectOf({ type, id }) };
    },
    formerOwners: () => stmts.formerOwners.all(),
    openBySeverity() {
      const counts = noSeverityCounts();
      for (const { severity, count } of stmts.openBySeverity.all()) counts[severity] = count;
      return counts;
    },
    put(tx, { type: subjectType, id: subject }, { isUnreported, ...interval }, runId) {
      tx.requireOpen();
      stmts.put.run({ ...interval, subjectType, subject, runId, isUnreported: Number(isUnreported) });
    },
    resolve(tx, id, reason, runId) {
      tx.requireOpen();
      stmts.resolve.run(runId, reason, id);
    },
  };
}
