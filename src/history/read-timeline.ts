import type { Finding, SubjectType, Suppression } from '../rules/finding.ts';
import type { Database } from '../store/database.ts';
import { type FindingRow, findingColumns, toFinding } from '../store/findings.ts';
import { createOwnerReader } from '../store/owners.ts';
import { createRuns } from '../store/runs.ts';
import { type TokenRow, tokenColumns, toToken } from '../store/token-row.ts';
import type { AcknowledgementFacts, HistoryItem } from './timeline.ts';

interface AcknowledgementRow extends Omit<AcknowledgementFacts, 'subject' | 'runId'> {
  subjectType: SubjectType;
  subject: string;
  createdAt: string;
  endedAt: string | null;
  reportedRunId: number | null;
  endReportedRunId: number | null;
}

/** Ids of all tokens that an account holds or held, oldest first. */
function readTokensHeld(db: Database, membershipId: string): string[] {
  return db
    .prepare<[string], string>(
      'SELECT token_id FROM token_versions WHERE membership_id = ? GROUP BY token_id ORDER BY min(created_at), token_id',
    )
    .pluck()
    .all(membershipId);
}

/** All that is known of an account and of the tokens that it holds or held, while it held them; oldest first. */
export function readAccountHistory(db: Database, membershipId: string): HistoryItem[] {
  const items = readHistory(db, [membershipId, ...readTokensHeld(db, membershipId)]);
  return items.filter((item) => concerns(item, membershipId));
}

function concerns(item: HistoryItem, membershipId: string): boolean {
  switch (item.what) {
    case 'first-seen':
      return item.token.membershipId === membershipId;
    case 'finding': {
      const { subject, token } = item.finding;
      return [subject.id, token?.membershipId, ...formerAndPresentOwners(item.finding)].includes(membershipId);
    }
    case 'acknowledged':
    case 'acknowledgement-ended':
      return [item.subject.id, item.membershipId].includes(membershipId);
    default:
      return item satisfies never;
  }
}

/** Membership ids of a token that has another owner now. */
function formerAndPresentOwners({ kind, detail }: Finding): (string | null)[] {
  if (kind !== 'token-identity-changed') return [];
  return detail.changes.flatMap(({ field, before, after }) => (field === 'membershipId' ? [before, after] : []));
}

/** All that is known of some tokens and accounts, oldest first. */
export function readHistory(db: Database, subjectIds: readonly string[]): HistoryItem[] {
  const ids = JSON.stringify(subjectIds);
  const { asOf } = createOwnerReader(db);
  const oldestRunId = createRuns(db).oldestSnapshot()?.runId ?? 0;
  const items: HistoryItem[] = [];
  // What a baseline found was not new, so that no finding tells of its beginning.
  const firstVersions = db.prepare<[string], TokenRow & { runId: number; at: string; isBaseline: number }>(
    `SELECT ${tokenColumns('v')},
            v.first_run_id AS runId, r.started_at AS at, r.is_baseline AS isBaseline
       FROM token_versions AS v
       JOIN runs AS r ON r.id = v.first_run_id
      WHERE v.token_id IN (SELECT value FROM json_each(?))
        AND v.first_run_id = (SELECT min(first_run_id) FROM token_versions WHERE token_id = v.token_id)
        AND NOT EXISTS (SELECT 1
                          FROM findings AS f
                         WHERE f.subject = v.token_id
                           -- By the subject: a baseline has many findings.
                           AND +f.run_id = v.first_run_id
                           AND f.kind = 'token-created')
      ORDER BY v.first_run_id, v.token_id`,
  );
  for (const row of firstVersions.all(ids)) {
    const owner = asOf(row.membershipId, row.runId);
    items.push({
      what: 'first-seen',
      at: row.at,
      runId: row.runId,
      token: toToken(row),
      owner,
      isBaseline: row.isBaseline === 1,
      isPruned: row.runId < oldestRunId,
    });
  }
  const findings = db.prepare<
    [string],
    FindingRow & {
      at: string;
      suppressedBy: Suppression | 'acknowledged' | null;
      mailId: number | null;
      messageId: string | null;
    }
  >(
    `SELECT ${findingColumns}, f.suppressed_by AS suppressedBy, r.started_at AS at, m.id AS mailId, m.message_id AS messageId
       FROM findings AS f
       JOIN runs AS r ON r.id = f.run_id
       LEFT JOIN messages AS m
         ON m.run_id = f.run_id
        AND m.kind IN ('baseline', 'digest')
        AND f.suppressed_by IS NULL
      WHERE f.subject IN (SELECT value FROM json_each(?))
        AND f.subject_type <> 'organisation'
      ORDER BY f.id`,
  );
  for (const { at, suppressedBy, mailId, messageId, ...row } of findings.all(ids)) {
    const mail = mailId === null || messageId === null ? null : { id: mailId, messageId };
    items.push({ what: 'finding', at, finding: toFinding(row, asOf), suppressedBy, mail });
  }
  for (const row of readAcknowledgementRows(db, ids)) items.push(...toItems(row));
  // Stable: what one audit saw stays in the order of its journal.
  return items.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

function readAcknowledgementRows(db: Database, ids: string): AcknowledgementRow[] {
  return db
    .prepare<[string], AcknowledgementRow>(
      `SELECT c.kind, c.id AS conditionId, c.subject_type AS subjectType, c.subject, a.reason, a.by_whom AS "by",
              a.expires_on AS until, a.created_at AS createdAt, a.ended_at AS endedAt, a.ended_because AS endedBecause, a.void_because AS voidBecause,
              a.ended_by AS endedBy, a.reported_run_id AS reportedRunId, a.end_reported_run_id AS endReportedRunId,
              (SELECT v.name
                 FROM token_versions AS v
                WHERE c.subject_type = 'token'
                  AND v.token_id = c.subject
                ORDER BY v.first_run_id DESC
                LIMIT 1) AS tokenName,
              -- Another owner would have ended it.
              (SELECT f.token_membership_id FROM findings AS f WHERE f.id = c.id) AS membershipId
         FROM acknowledgements AS a
         JOIN conditions AS c ON c.id = a.condition_id
        WHERE c.subject IN (SELECT value FROM json_each(?))
        ORDER BY a.id`,
    )
    .all(ids);
}

function toItems({
  createdAt,
  endedAt,
  reportedRunId,
  endReportedRunId,
  subjectType,
  subject,
  ...facts
}: AcknowledgementRow) {
  const common = { ...facts, subject: { type: subjectType, id: subject } };
  const made: HistoryItem = { ...common, what: 'acknowledged', at: createdAt, runId: reportedRunId };
  if (endedAt === null) return [made];
  const ended: HistoryItem = { ...common, what: 'acknowledgement-ended', at: endedAt, runId: endReportedRunId };
  return [made, ended];
}
