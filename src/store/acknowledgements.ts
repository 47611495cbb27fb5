import type { AcknowledgementEnd } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { Subject, SubjectType } from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import type { Database } from './database.ts';
import { integer, type NamedValues, nullable, prepare, type RowOf, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Who accepted which condition, why and until when. Rows end, but are never edited or deleted. */
export interface Acknowledgements {
  /**
   * Returns the open conditions of the token or owner with this id, or the open condition with this number.
   * If a condition and a token share the id, the condition wins.
   */
  openConditions(id: string, now: Date): OpenCondition[];
  /**
   * Accepts a condition at its current level. A condition about an owner is accepted for the owner's current
   * tokens only. Marks its opening as reported. Expires a previous acknowledgement whose last day is over.
   */
  add(tx: Transaction, condition: OpenCondition, accepted: NewAcknowledgement): void;
  /** Ends the acknowledgement of a condition, if there is one. */
  end(tx: Transaction, conditionId: number, how: AcknowledgementEnd, at: Date): void;
  /** Voids all acknowledgements of a token or an owner. `what` says what changed. */
  voidOfSubject(tx: Transaction, subject: Subject, what: string, at: Date): void;
  /**
   * Voids each acknowledgement about an owner who now has a token that it does not cover. Call it after the
   * snapshot has been applied.
   */
  voidUncovered(tx: Transaction, at: Date): void;
  /** Expires the acknowledgements whose last day is over. Returns the ids of their conditions. */
  expire(tx: Transaction, now: Date): number[];
  /** Assigns every beginning and end that no digest has reported yet to the digest of this run. */
  report(tx: Transaction, runId: number): void;
}

/** A condition that is currently open. */
export interface OpenCondition {
  id: number;
  kind: ConditionKind;
  level: number;
  severity: Severity;
  subject: Subject;
  /** The last day of its acknowledgement; null: it is not acknowledged. */
  acknowledgedUntil: string | null;
}

export interface NewAcknowledgement {
  reason: string;
  by: string;
  createdAt: Date;
  /** The last day, YYYY-MM-DD, and the instant at which that day ends. */
  expiresOn: string;
  expiresAt: Date;
}

const openRow = {
  id: integer,
  kind: textOf<ConditionKind>(),
  level: integer,
  severity: textOf<Severity>(),
  subjectType: textOf<SubjectType>(),
  subject: text,
  acknowledgedUntil: nullable(text),
};

export function createAcknowledgements(db: Database): Acknowledgements {
  function selectOpen<Value>(which: string) {
    return prepare<[string, Value]>(
      db,
      `SELECT c.id, c.kind, c.level, c.severity, c.subject_type AS subjectType, c.subject,
              a.expires_on AS acknowledgedUntil
         FROM conditions AS c
         LEFT JOIN acknowledgements AS a ON a.condition_id = c.id AND a.ended_at IS NULL AND a.expires_at > ?
        WHERE c.resolved_run_id IS NULL
          AND c.subject_type <> 'organisation'
          AND ${which} = ?
        ORDER BY c.id`,
    ).returning(openRow);
  }
  function endWhere<Values>(which: string) {
    return prepare<[Ending & Values]>(
      db,
      `UPDATE acknowledgements
          SET ended_at = @at, ended_because = @because, ended_by = @by, void_because = @what
        WHERE ended_at IS NULL
          AND ${which}
    RETURNING condition_id`,
    ).returningOne(integer);
  }
  const stmts = {
    openById: selectOpen<number>('c.id'),
    openOfSubject: selectOpen<string>('c.subject'),
    insert: prepare<[NamedValues]>(
      db,
      `INSERT INTO acknowledgements (condition_id, level, reason, by_whom, created_at, expires_on, expires_at)
       VALUES (@conditionId, @level, @reason, @by, @createdAt, @expiresOn, @expiresAt)`,
    ),
    cover: prepare<[number, string]>(
      db,
      `INSERT INTO acknowledged_tokens (acknowledgement_id, token_id)
       SELECT ?, token_id FROM token_versions WHERE membership_id = ? AND last_run_id IS NULL`,
    ),
    markReported: prepare<[number]>(db, 'UPDATE conditions SET is_unreported = 0 WHERE id = ?'),
    endOfCondition: endWhere<{ conditionId: number }>('condition_id = @conditionId'),
    endOfSubject: endWhere<Subject>(
      'condition_id IN (SELECT id FROM conditions WHERE subject_type = @type AND subject = @id)',
    ),
    endUncovered: endWhere(
      `id IN (SELECT a.id
                FROM acknowledgements AS a
                JOIN conditions AS c ON c.id = a.condition_id
                JOIN token_versions AS v ON v.membership_id = c.subject
               WHERE a.ended_at IS NULL
                 AND c.subject_type = 'owner'
                 AND v.last_run_id IS NULL
                 AND NOT EXISTS (SELECT 1
                                   FROM acknowledged_tokens AS t
                                  WHERE t.acknowledgement_id = a.id
                                    AND t.token_id = v.token_id))`,
    ),
    endExpired: endWhere('expires_at <= @at'),
    reportBeginnings: prepare<[number]>(
      db,
      'UPDATE acknowledgements SET reported_run_id = ? WHERE reported_run_id IS NULL',
    ),
    // When a condition is resolved, the digest reports that and not the end of its acknowledgement.
    reportEnds: prepare<[number]>(
      db,
      `UPDATE acknowledgements
          SET end_reported_run_id = ?
        WHERE end_reported_run_id IS NULL
          AND ended_because <> 'resolved'`,
    ),
  };

  return {
    openConditions(id, now) {
      const conditionId = /^\d{1,15}$/.test(id) ? Number(id) : null;
      const byId = conditionId === null ? [] : stmts.openById.all(now.toISOString(), conditionId);
      const rows = byId.length > 0 ? byId : stmts.openOfSubject.all(now.toISOString(), id);
      return rows.map(toOpenCondition);
    },
    add(tx, { id, level, subject }, accepted) {
      tx.requireOpen();
      const [createdAt, expiresAt] = [accepted.createdAt.toISOString(), accepted.expiresAt.toISOString()];
      stmts.endOfCondition.all({ conditionId: id, ...ending({ because: 'expired' }, accepted.createdAt) });
      const { lastId } = stmts.insert.run({ ...accepted, conditionId: id, level, createdAt, expiresAt });
      if (subject.type === 'owner') stmts.cover.run(lastId, subject.id);
      stmts.markReported.run(id);
    },
    end(tx, conditionId, how, at) {
      tx.requireOpen();
      stmts.endOfCondition.all({ conditionId, ...ending(how, at) });
    },
    voidOfSubject(tx, subject, what, at) {
      tx.requireOpen();
      stmts.endOfSubject.all({ ...subject, ...ending({ because: 'void', what }, at) });
    },
    voidUncovered(tx, at) {
      tx.requireOpen();
      stmts.endUncovered.all(ending({ because: 'void', what: 'the owner has another token' }, at));
    },
    expire(tx, now) {
      tx.requireOpen();
      return stmts.endExpired.all(ending({ because: 'expired' }, now));
    },
    report(tx, runId) {
      tx.requireOpen();
      stmts.reportBeginnings.run(runId);
      stmts.reportEnds.run(runId);
    },
  };
}

/** How an acknowledgement ended, as the values of its columns. */
type Ending = Record<'at' | 'because' | 'by' | 'what', string | null>;

function ending(how: AcknowledgementEnd, at: Date): Ending {
  return {
    at: at.toISOString(),
    because: how.because,
    by: how.because === 'revoked' ? how.by : null,
    what: how.because === 'void' ? how.what : null,
  };
}

function toOpenCondition({ subjectType, subject, ...condition }: RowOf<typeof openRow>): OpenCondition {
  return { ...condition, subject: { type: subjectType, id: subject } };
}
