import type { Finding, Suppression } from '../rules/finding.ts';
import type { Database } from '../store/database.ts';
import { findingColumns, findingRow, toFinding } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { boolean, integer, nullable, prepare, text, textOf } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import type { AcknowledgementLog } from './acknowledgement-log.ts';
import type { History, Moments } from './history.ts';
import type { HistoryItem } from './report.ts';

export function createTimeline(
  db: Database,
  owners: OwnerReader,
  acknowledgements: AcknowledgementLog,
  moments: Moments,
): Pick<History, 'tokenTimeline' | 'accountTimeline'> {
  // Each but the first takes ids as a JSON array.
  const stmts = {
    tokensOwned: prepare<[string]>(
      db,
      'SELECT token_id FROM token_versions WHERE membership_id = ? GROUP BY token_id ORDER BY min(created_at), token_id',
    ).returningOne(text),
    // A baseline reports nothing as new, so that no finding says when its tokens were first seen.
    firstVersions: prepare<[string]>(
      db,
      `SELECT ${tokenColumns('v')}, v.first_run_id AS runId, r.started_at AS at, r.is_baseline AS isBaseline
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
    ).returning({ ...tokenRow, runId: integer, at: text, isBaseline: boolean }),
    findings: prepare<[string]>(
      db,
      `SELECT ${findingColumns}, f.suppressed_by AS suppressedBy, r.started_at AS at,
              m.id AS mailId, m.message_id AS messageId
         FROM findings AS f
         JOIN runs AS r ON r.id = f.run_id
         LEFT JOIN messages AS m
           ON m.run_id = f.run_id
          AND m.kind IN ('baseline', 'digest')
          AND f.suppressed_by IS NULL
        WHERE f.subject IN (SELECT value FROM json_each(?))
          AND f.subject_type <> 'organisation'
        ORDER BY f.id`,
    ).returning({
      ...findingRow,
      suppressedBy: nullable(textOf<Suppression>()),
      at: text,
      mailId: nullable(integer),
      messageId: nullable(text),
    }),
  };

  function timelineOf(subjectIds: readonly string[]): HistoryItem[] {
    const ids = JSON.stringify(subjectIds);
    const oldestRunId = moments.oldestSnapshot()?.id ?? 0;
    const firstSeen = stmts.firstVersions.all(ids).map(({ at, runId, isBaseline, ...row }): HistoryItem => {
      const owner = owners.asOf(row.membershipId, runId);
      return { what: 'first-seen', at, runId, token: toToken(row), owner, isBaseline, isPruned: runId < oldestRunId };
    });
    const findings = stmts.findings.all(ids).map(({ at, suppressedBy, mailId, messageId, ...row }): HistoryItem => {
      const mail = mailId === null || messageId === null ? null : { id: mailId, messageId };
      return { what: 'finding', at, finding: toFinding(row, owners.asOf), suppressedBy, mail };
    });
    const items = [...firstSeen, ...findings, ...acknowledgements.ofSubjects(ids)];
    // Stable: what one run saw stays in the order of its journal.
    return items.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
  }

  return {
    tokenTimeline: (tokenId) => timelineOf([tokenId]),
    accountTimeline: (membershipId) =>
      timelineOf([membershipId, ...stmts.tokensOwned.all(membershipId)]).filter((item) => concerns(item, membershipId)),
  };
}

function concerns(item: HistoryItem, membershipId: string): boolean {
  switch (item.what) {
    case 'first-seen':
      return item.token.membershipId === membershipId;
    case 'finding': {
      const { subject, token } = item.finding;
      return [subject.id, token?.membershipId, ...changedOwners(item.finding)].includes(membershipId);
    }
    case 'acknowledged':
    case 'acknowledgement-ended': {
      const { condition, token } = item.acknowledgement;
      return [condition.subject.id, token?.membershipId].includes(membershipId);
    }
    default:
      return item satisfies never;
  }
}

/** Membership ids of the owners between which a token changed. */
function changedOwners({ kind, detail }: Finding): (string | null)[] {
  if (kind !== 'token-identity-changed') return [];
  return detail.changes.flatMap(({ field, before, after }) => (field === 'membershipId' ? [before, after] : []));
}
