import type { Acknowledgement, AcknowledgementEnd, AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { SubjectType } from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import type { Database } from '../store/database.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';

/** Reads acknowledgements, and how they ended. */
export interface AcknowledgementLog {
  /** Returns what the digest of a run reports: beginnings, then ends, each oldest first. */
  reportedBy(runId: number): AcknowledgementNotice[];
  /** Returns the acknowledgements of some tokens and owners. @param ids a JSON array */
  ofSubjects(ids: string): LoggedAcknowledgement[];
}

export interface LoggedAcknowledgement {
  acknowledgement: Acknowledgement;
  /** The owner of the token when the condition opened; null if the acknowledgement is about an owner. */
  membershipId: string | null;
  /** The runs whose digests reported the beginning and the end; null: none yet. */
  reportedRunId: number | null;
  endReportedRunId: number | null;
}

const logRow = {
  id: integer,
  conditionId: integer,
  kind: textOf<ConditionKind>(),
  severity: textOf<Severity>(),
  subjectType: textOf<SubjectType>(),
  subject: text,
  tokenName: nullable(text),
  membershipId: nullable(text),
  reason: text,
  by: text,
  createdAt: text,
  expiresOn: text,
  endedAt: nullable(text),
  endedBecause: nullable(textOf<AcknowledgementEnd['because']>()),
  endedBy: nullable(text),
  voidBecause: nullable(text),
  reportedRunId: nullable(integer),
  endReportedRunId: nullable(integer),
};
type LogRow = RowOf<typeof logRow>;

/**
 * Selects acknowledgements with the token's last name, and its owner when the condition opened. That is still its
 * owner while the acknowledgement lasts, because a change of owner makes it void.
 */
const select = (which: string, seenUpTo: string): string =>
  `SELECT a.id, c.id AS conditionId, c.kind, c.severity, c.subject_type AS subjectType, c.subject,
          (SELECT v.name
             FROM token_versions AS v
            WHERE v.token_id = c.subject
              AND ${seenUpTo}
            ORDER BY v.first_run_id DESC
            LIMIT 1) AS tokenName,
          f.token_membership_id AS membershipId,
          a.reason, a.by_whom AS "by", a.created_at AS createdAt, a.expires_on AS expiresOn, a.ended_at AS endedAt,
          a.ended_because AS endedBecause, a.ended_by AS endedBy, a.void_because AS voidBecause,
          a.reported_run_id AS reportedRunId, a.end_reported_run_id AS endReportedRunId
     FROM acknowledgements AS a
     JOIN conditions AS c ON c.id = a.condition_id
     JOIN findings AS f ON f.id = c.id
    WHERE ${which}
    ORDER BY a.id`;

export function createAcknowledgementLog(db: Database, owners: OwnerReader): AcknowledgementLog {
  const stmts = {
    reportedBy: prepare<[{ runId: number }]>(
      db,
      select('a.reported_run_id = @runId OR a.end_reported_run_id = @runId', 'v.first_run_id <= @runId'),
    ).returning(logRow),
    ofSubjects: prepare<[string]>(db, select('c.subject IN (SELECT value FROM json_each(?))', 'TRUE')).returning(
      logRow,
    ),
  };

  return {
    reportedBy(runId) {
      const rows = stmts.reportedBy.all({ runId });
      const notices = (what: AcknowledgementNotice['what'], reportedIn: 'reportedRunId' | 'endReportedRunId') =>
        rows
          .filter((row) => row[reportedIn] === runId)
          .map((row) => ({ what, acknowledgement: toAcknowledgement(row, (id) => owners.asOf(id, runId)) }));
      return [...notices('made', 'reportedRunId'), ...notices('ended', 'endReportedRunId')];
    },
    ofSubjects: (ids) =>
      stmts.ofSubjects.all(ids).map((row) => ({ ...row, acknowledgement: toAcknowledgement(row, owners.lastKnown) })),
  };
}

function toAcknowledgement(row: LogRow, ownerOf: OwnerReader['lastKnown']): Acknowledgement {
  const { conditionId, kind, severity, subjectType, subject, tokenName, reason, by, createdAt, expiresOn } = row;
  return {
    id: row.id,
    condition: { id: conditionId, kind, severity, subject: { type: subjectType, id: subject } },
    tokenName,
    owner: subjectType === 'owner' ? ownerOf(subject) : null,
    reason,
    by,
    createdAt,
    expiresOn,
    end: row.endedAt === null ? null : { at: row.endedAt, ...toEnd(row) },
  };
}

/** Relies on CHECKs: every end has a reason, a revoked one says by whom, a void one says why. */
function toEnd({ endedBecause, endedBy, voidBecause }: LogRow): AcknowledgementEnd {
  if (endedBecause === 'revoked') return { because: 'revoked', by: endedBy ?? '' };
  if (endedBecause === 'void') return { because: 'void', what: voidBecause ?? '' };
  return { because: endedBecause ?? 'expired' };
}
