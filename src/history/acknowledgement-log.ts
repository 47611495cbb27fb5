import type { Acknowledgement, AcknowledgementEnd, AcknowledgementNotice } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { SubjectType } from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import type { Database } from '../store/database.ts';
import { findingTokenRow, toFindingToken } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import type { HistoryItem } from './report.ts';

/** Reads who accepted what, and how that ended. */
export interface AcknowledgementLog {
  /** What the digest of a run reports: beginnings, then ends, each oldest first. */
  reportedBy(runId: number): AcknowledgementNotice[];
  /** The beginnings and ends of what was accepted of some tokens and owners. @param ids a JSON array */
  ofSubjects(ids: string): HistoryItem[];
}

const logRow = {
  id: integer,
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
  reportedRunId: nullable(integer),
  endReportedRunId: nullable(integer),
};
type LogRow = RowOf<typeof logRow>;

/** With the token as it was last seen, and with its owner of then: another one would have made it void. */
const select = (which: string, seenUpTo: string): string =>
  `SELECT a.id, c.id AS conditionId, c.kind, c.severity, c.subject_type AS subjectType, c.subject,
          v.name AS tokenName, v.type AS tokenType, v.created_at AS tokenCreatedAt,
          f.token_membership_id AS tokenMembershipId,
          a.reason, a.by_whom AS "by", a.created_at AS createdAt, a.expires_on AS expiresOn, a.ended_at AS endedAt,
          a.ended_because AS endedBecause, a.ended_by AS endedBy, a.void_because AS voidBecause,
          a.reported_run_id AS reportedRunId, a.end_reported_run_id AS endReportedRunId
     FROM acknowledgements AS a
     JOIN conditions AS c ON c.id = a.condition_id
     JOIN findings AS f ON f.id = c.id
     LEFT JOIN token_versions AS v
       ON c.subject_type = 'token'
      AND v.token_id = c.subject
      AND v.first_run_id = (SELECT max(first_run_id) FROM token_versions WHERE token_id = c.subject AND ${seenUpTo})
    WHERE ${which}
    ORDER BY a.id`;

export function createAcknowledgementLog(db: Database, owners: OwnerReader): AcknowledgementLog {
  const stmts = {
    reportedBy: prepare<[{ runId: number }]>(
      db,
      select('a.reported_run_id = @runId OR a.end_reported_run_id = @runId', 'first_run_id <= @runId'),
    ).returning(logRow),
    ofSubjects: prepare<[string]>(db, select('c.subject IN (SELECT value FROM json_each(?))', 'TRUE')).returning(
      logRow,
    ),
  };

  function toAcknowledgement(row: LogRow, ownerOf: OwnerReader['lastKnown']): Acknowledgement {
    const { id, conditionId, kind, severity, subjectType, subject, reason, by, createdAt, expiresOn, endedAt } = row;
    return {
      id,
      condition: { id: conditionId, kind, severity, subject: { type: subjectType, id: subject } },
      token: toFindingToken(row),
      owner: ownerOf(subjectType === 'owner' ? subject : row.tokenMembershipId),
      reason,
      by,
      createdAt,
      expiresOn,
      end: endedAt === null ? null : { at: endedAt, ...toEnd(row) },
    };
  }

  return {
    reportedBy(runId) {
      const rows = stmts.reportedBy.all({ runId });
      const notices = (what: AcknowledgementNotice['what'], isReported: (row: LogRow) => boolean) =>
        rows
          .filter(isReported)
          .map((row) => ({ what, acknowledgement: toAcknowledgement(row, (id) => owners.asOf(id, runId)) }));
      return [
        ...notices('made', ({ reportedRunId }) => reportedRunId === runId),
        ...notices('ended', ({ endReportedRunId }) => endReportedRunId === runId),
      ];
    },
    ofSubjects: (ids) =>
      stmts.ofSubjects.all(ids).flatMap((row): HistoryItem[] => {
        const acknowledgement = toAcknowledgement(row, owners.lastKnown);
        const { createdAt, end } = acknowledgement;
        return [
          { what: 'acknowledged', at: createdAt, runId: row.reportedRunId, acknowledgement },
          ...(end === null
            ? []
            : [{ what: 'acknowledgement-ended', at: end.at, runId: row.endReportedRunId, acknowledgement } as const]),
        ];
      }),
  };
}

/** The schema lets no end be without a reason, and no revoked or void one without its facts. */
function toEnd({ endedBecause, endedBy, voidBecause }: LogRow): AcknowledgementEnd {
  if (endedBecause === 'revoked') return { because: 'revoked', by: endedBy ?? '' };
  if (endedBecause === 'void') return { because: 'void', what: voidBecause ?? '' };
  return { because: endedBecause ?? 'expired' };
}
