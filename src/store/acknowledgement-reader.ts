import type { Acknowledgement, AcknowledgementEnd, AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { SubjectType } from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import type { Database } from './database.ts';
import { findingTokenRow, toFindingToken } from './findings.ts';
import { createOwnerReader } from './owners.ts';
import { integer, nullable, prepare, type RowOf, text, textOf } from './statement.ts';

/** What the history knows of acknowledgements. */
export interface AcknowledgementReader {
  /** How many conditions were acknowledged at an instant. */
  countAsOf(instant: Date): number;
  /** What the digest of a run reports of them: beginnings, then ends, each oldest first. */
  reportedBy(runId: number): AcknowledgementNotice[];
}

const noticeRow = {
  id: integer,
  what: textOf<AcknowledgementNotice['what']>(),
  conditionId: integer,
  kind: textOf<ConditionKind>(),
  severity: textOf<Severity>(),
  subjectType: textOf<SubjectType>(),
  ...findingTokenRow,
  reason: text,
  by: text,
  createdAt: text,
  expiresOn: text,
  endedAt: nullable(text),
  endedBecause: nullable(textOf<AcknowledgementEnd['because']>()),
  endedBy: nullable(text),
  voidBecause: nullable(text),
};
type NoticeRow = RowOf<typeof noticeRow>;

export function createAcknowledgementReader(db: Database): AcknowledgementReader {
  const stmts = {
    count: prepare<[{ instant: string }]>(
      db,
      `SELECT count(*)
         FROM acknowledgements
        WHERE created_at <= @instant
          AND expires_at > @instant
          AND (ended_at IS NULL OR ended_at > @instant)`,
    ).returningOne(integer),
    reportedBy: prepare<[{ runId: number }]>(
      db,
      `SELECT a.id, reported.what, a.condition_id AS conditionId, c.kind, c.severity, c.subject_type AS subjectType, c.subject,
              v.name AS tokenName, v.type AS tokenType, v.created_at AS tokenCreatedAt, v.membership_id AS tokenMembershipId,
              a.reason, a.by_whom AS "by", a.created_at AS createdAt, a.expires_on AS expiresOn,
              a.ended_at AS endedAt, a.ended_because AS endedBecause, a.ended_by AS endedBy,
              a.void_because AS voidBecause
         FROM (SELECT id, 'made' AS what FROM acknowledgements WHERE reported_run_id = @runId
               UNION ALL
               SELECT id, 'ended' FROM acknowledgements WHERE end_reported_run_id = @runId) AS reported
         JOIN acknowledgements AS a ON a.id = reported.id
         JOIN conditions AS c ON c.id = a.condition_id
         LEFT JOIN token_versions AS v
           ON c.subject_type = 'token'
          AND v.token_id = c.subject
          AND v.first_run_id = (SELECT max(newest.first_run_id)
                                  FROM token_versions AS newest
                                 WHERE newest.token_id = c.subject
                                   AND newest.first_run_id <= @runId)
        ORDER BY reported.what = 'ended', a.id`,
    ).returning(noticeRow),
  };
  const { asOf } = createOwnerReader(db);

  return {
    countAsOf: (instant) => stmts.count.get({ instant: instant.toISOString() }) ?? 0,
    reportedBy: (runId) =>
      stmts.reportedBy.all({ runId }).map((row) => {
        const owner = asOf(row.subjectType === 'owner' ? row.subject : row.tokenMembershipId, runId);
        return { what: row.what, acknowledgement: { ...toAcknowledgement(row), owner } };
      }),
  };
}

function toAcknowledgement(row: NoticeRow): Omit<Acknowledgement, 'owner'> {
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

function toEnd({ endedAt: at, endedBecause, endedBy, voidBecause }: NoticeRow): Acknowledgement['end'] {
  if (at === null || endedBecause === null) return null;
  switch (endedBecause) {
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
