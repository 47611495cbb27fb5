import type { Acknowledgement, AcknowledgementEnd, AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { Subject, SubjectType } from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import { prepareRelease } from './conditions.ts';
import type { Database } from './database.ts';
import { type FindingTokenRow, toFindingToken } from './findings.ts';
import { createOwnerReader } from './owners.ts';

/** A condition that stands now. */
export interface OpenCondition {
  id: number;
  kind: ConditionKind;
  level: number;
  severity: Severity;
  subject: Subject;
  /** The last day of the acknowledgement that covers it; null: none does. */
  acknowledgedUntil: string | null;
}

export interface NewAcknowledgement {
  reason: string;
  by: string;
  createdAt: Date;
  /** Its last day, YYYY-MM-DD, and the instant at which that day is over. */
  expiresOn: string;
  expiresAt: Date;
}

interface OpenRow extends Omit<OpenCondition, 'subject'> {
  subjectType: SubjectType;
  subject: string;
}

interface InsertRow extends Omit<NewAcknowledgement, 'createdAt' | 'expiresAt'> {
  conditionId: number;
  level: number;
  createdAt: string;
  expiresAt: string;
}

interface EndRow {
  at: string;
  because: AcknowledgementEnd['because'];
  by: string | null;
  what: string | null;
}

interface AcknowledgementRow extends FindingTokenRow {
  id: number;
  what: AcknowledgementNotice['what'];
  conditionId: number;
  kind: ConditionKind;
  severity: Severity;
  subjectType: SubjectType;
  reason: string;
  by: string;
  createdAt: string;
  expiresOn: string;
  endedAt: string | null;
  endedBecause: AcknowledgementEnd['because'] | null;
  endedBy: string | null;
  voidBecause: string | null;
}

/** Who accepted which condition, why and until when. A row is only ever ended, never changed or deleted. */
export function createAcknowledgements(db: Database) {
  // The digits of an id may also be those of a condition: the condition wins.
  const openFor = db.prepare<[{ id: string; conditionId: number | null; now: string }], OpenRow>(
    `SELECT c.id, c.kind, c.level, c.severity, c.subject_type AS subjectType, c.subject,
            a.expires_on AS acknowledgedUntil
       FROM conditions AS c
       LEFT JOIN acknowledgements AS a ON a.condition_id = c.id AND a.ended_at IS NULL AND a.expires_at > @now
      WHERE c.resolved_run_id IS NULL
        AND c.subject_type <> 'organisation'
        AND CASE WHEN EXISTS (SELECT 1 FROM conditions WHERE id = @conditionId AND resolved_run_id IS NULL)
                 THEN c.id = @conditionId
                 ELSE c.subject = @id
            END
      ORDER BY c.id`,
  );
  const insert = db.prepare<[InsertRow]>(
    `INSERT INTO acknowledgements (condition_id, level, reason, by_whom, created_at, expires_on, expires_at)
     VALUES (@conditionId, @level, @reason, @by, @createdAt, @expiresOn, @expiresAt)`,
  );
  const release = prepareRelease(db);
  const end = db.prepare<[{ conditionId: number } & EndRow]>(
    `UPDATE acknowledgements
        SET ended_at = @at, ended_because = @because, ended_by = @by, void_because = @what
      WHERE condition_id = @conditionId
        AND ended_at IS NULL`,
  );
  const voidOfSubject = db.prepare<[{ type: SubjectType; id: string; at: string; what: string }]>(
    `UPDATE acknowledgements
        SET ended_at = @at, ended_because = 'void', void_because = @what
      WHERE ended_at IS NULL
        AND condition_id IN (SELECT id
                               FROM conditions
                              WHERE subject_type = @type
                                AND subject = @id)`,
  );
  const lapse = db.prepare<[{ now: string }], { conditionId: number }>(
    `UPDATE acknowledgements
        SET ended_at = @now, ended_because = 'expired'
      WHERE ended_at IS NULL
        AND expires_at <= @now
  RETURNING condition_id AS conditionId`,
  );
  const giveWay = db.prepare<[{ conditionId: number; now: string }]>(
    `UPDATE acknowledgements
        SET ended_at = @now, ended_because = 'expired'
      WHERE condition_id = @conditionId
        AND ended_at IS NULL
        AND expires_at <= @now`,
  );
  const tellBeginnings = db.prepare<[number]>(
    'UPDATE acknowledgements SET reported_run_id = ? WHERE reported_run_id IS NULL',
  );
  // Whose condition was resolved needs no word of its own: that is good news, and told as such.
  const tellEnds = db.prepare<[number]>(
    `UPDATE acknowledgements
        SET end_reported_run_id = ?
      WHERE end_reported_run_id IS NULL
        AND ended_because <> 'resolved'`,
  );

  return {
    /** The conditions open now that an id names: of a token, of an owner, or one by its own number. */
    openConditions(id: string, now: Date): OpenCondition[] {
      const conditionId = /^\d{1,15}$/.test(id) ? Number(id) : null;
      return openFor.all({ id, conditionId, now: now.toISOString() }).map(({ subjectType, subject, ...condition }) => ({
        ...condition,
        subject: { type: subjectType, id: subject },
      }));
    },
    /**
     * Accepts a condition at its level of now. What waited to be told is accepted with it, and what
     * was accepted for a time that is over gives way.
     */
    add({ id, level }: OpenCondition, { createdAt, expiresAt, ...accepted }: NewAcknowledgement): void {
      giveWay.run({ conditionId: id, now: createdAt.toISOString() });
      insert.run({
        ...accepted,
        conditionId: id,
        level,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      });
      release.run(id);
    },
    /** Takes the acknowledgement of a condition back. */
    revoke(conditionId: number, by: string, at: Date): void {
      end.run({ conditionId, ...endRow({ because: 'revoked', by }, at) });
    },
    /** Ends what was accepted of one condition, if anything was. */
    end(conditionId: number, how: AcknowledgementEnd, at: Date): void {
      end.run({ conditionId, ...endRow(how, at) });
    },
    /** Voids everything accepted of a token or of an owner; `what` says what changed. */
    voidOfSubject({ type, id }: Subject, what: string, at: Date): void {
      voidOfSubject.run({ type, id, at: at.toISOString(), what });
    },
    /** Ends what was accepted for a time that is over; answers the conditions. */
    lapse: (now: Date): number[] => lapse.all({ now: now.toISOString() }).map(({ conditionId }) => conditionId),
    /** What began or ended and no digest has told yet is told by the digest of this run. */
    tell(runId: number): void {
      tellBeginnings.run(runId);
      tellEnds.run(runId);
    },
  };
}

/**
 * How many conditions are acknowledged now, or were at an instant of the past. One that has ended does
 * not count as of now, though a clock that was set back says that it has yet to.
 */
export function countAcknowledged(db: Database, instant: Date, { isPast = false } = {}): number {
  const row = db
    .prepare<[{ instant: string; isPast: number }], { count: number }>(
      `SELECT count(*) AS count
         FROM acknowledgements
        WHERE (ended_at IS NULL OR (@isPast = 1 AND ended_at > @instant))
          AND (@isPast = 0 OR created_at <= @instant)
          AND expires_at > @instant`,
    )
    .get({ instant: instant.toISOString(), isPast: Number(isPast) });
  return row?.count ?? 0;
}

/** The acknowledgements of which the digest of a run tells, oldest first. */
export function readAcknowledgementNotices(db: Database, runId: number): AcknowledgementNotice[] {
  const { asOf } = createOwnerReader(db);
  return db
    .prepare<[{ runId: number }], AcknowledgementRow>(
      `SELECT a.id, told.what, a.condition_id AS conditionId, c.kind, c.severity, c.subject_type AS subjectType, c.subject,
              v.name AS tokenName, v.type AS tokenType, v.created_at AS tokenCreatedAt, v.membership_id AS tokenMembershipId,
              a.reason, a.by_whom AS "by", a.created_at AS createdAt, a.expires_on AS expiresOn,
              a.ended_at AS endedAt, a.ended_because AS endedBecause, a.ended_by AS endedBy,
              a.void_because AS voidBecause
         FROM (SELECT id, 'made' AS what FROM acknowledgements WHERE reported_run_id = @runId
               UNION ALL
               SELECT id, 'ended' FROM acknowledgements WHERE end_reported_run_id = @runId) AS told
         JOIN acknowledgements AS a ON a.id = told.id
         JOIN conditions AS c ON c.id = a.condition_id
         LEFT JOIN token_versions AS v
           ON c.subject_type = 'token'
          AND v.token_id = c.subject
          AND v.first_run_id = (SELECT max(newest.first_run_id)
                                  FROM token_versions AS newest
                                 WHERE newest.token_id = c.subject
                                   AND newest.first_run_id <= @runId)
        ORDER BY told.what = 'ended', a.id`,
    )
    .all({ runId })
    .map((row) => {
      const ownerId = row.subjectType === 'owner' ? row.subject : row.tokenMembershipId;
      const owner = asOf(ownerId, runId);
      return { what: row.what, acknowledgement: { ...toAcknowledgement(row), owner } };
    });
}

function toAcknowledgement(row: AcknowledgementRow): Omit<Acknowledgement, 'owner'> {
  return {
    id: row.id,
    condition: {
      id: row.conditionId,
      kind: row.kind,
      severity: row.severity,
      subject: { type: row.subjectType, id: row.subject },
    },
    token: toFindingToken(row),
    reason: row.reason,
    by: row.by,
    createdAt: row.createdAt,
    expiresOn: row.expiresOn,
    end: toEnd(row),
  };
}

function endRow(how: AcknowledgementEnd, at: Date): EndRow {
  const [by, what] = [how.because === 'revoked' ? how.by : null, how.because === 'void' ? how.what : null];
  return { at: at.toISOString(), because: how.because, by, what };
}

function toEnd({ endedAt: at, endedBecause, endedBy, voidBecause }: AcknowledgementRow): Acknowledgement['end'] {
  if (at === null) return null;
  switch (endedBecause) {
    case null:
      return null;
    case 'revoked':
      return { at, because: 'revoked', by: endedBy ?? '' };
    case 'void':
      return { at, because: 'void', what: voidBecause ?? '' };
    case 'expired':
    case 'resolved':
      return { at, because: endedBecause };
    default:
      return endedBecause satisfies never;
  }
}
