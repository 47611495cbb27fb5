import { acknowledgementEntries, findingEntry, firstSeenEntry, registerEntry } from '../digest/timeline-wording.ts';
import type { Finding, Suppression } from '../rules/finding.ts';
import type { Database } from '../store/database.ts';
import { type FindingReaders, findingColumns, findingRow, toFinding } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { boolean, integer, nullable, prepare, text, textOf } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import type { AcknowledgementLog } from './acknowledgement-log.ts';
import type { RunLookup } from './as-of.ts';
import type { History } from './history.ts';
import type { HistoryEntry } from './report.ts';

/** An entry with the ids of what it is about: tokens, and their owners at that time. */
interface Item {
  entry: HistoryEntry;
  about: (string | null)[];
}

export function createTimeline(
  db: Database,
  readers: FindingReaders & { owners: OwnerReader },
  acknowledgements: AcknowledgementLog,
  lookup: RunLookup,
): Pick<History, 'tokenTimeline' | 'accountTimeline'> {
  const { owners } = readers;
  // All but the first take ids as a JSON array.
  const stmts = {
    tokensOwned: prepare<[string]>(
      db,
      'SELECT token_id FROM token_versions WHERE membership_id = ? GROUP BY token_id ORDER BY min(created_at), token_id',
    ).returningOne(text),
    // The baseline reports no new tokens, so no finding says when they were first seen.
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
                             -- Unary + makes SQLite use the index by subject: a baseline has many findings.
                             AND +f.run_id = v.first_run_id
                             AND f.kind IN ('token-created', 'token-rotated'))
        ORDER BY v.first_run_id, v.token_id`,
    ).returning({ ...tokenRow, runId: integer, at: text, isBaseline: boolean }),
    // A row that ended without another one after it is gone from the register.
    registerChanges: prepare<[string]>(
      db,
      `SELECT ${tokenColumns('v')}, change.run_id AS runId, r.started_at AS at,
              (SELECT max(id) FROM runs WHERE status = 'complete' AND id < change.run_id) AS previousRunId
         FROM (SELECT token_id, first_run_id AS run_id FROM register_versions
                UNION
               SELECT token_id, (SELECT min(id) FROM runs WHERE status = 'complete' AND id > last_run_id)
                 FROM register_versions
                WHERE last_run_id IS NOT NULL) AS change
         JOIN runs AS r ON r.id = change.run_id
         JOIN token_versions AS v
           ON v.token_id = change.token_id
          AND v.first_run_id = (SELECT max(first_run_id) FROM token_versions WHERE token_id = change.token_id)
        WHERE change.token_id IN (SELECT value FROM json_each(?))
        ORDER BY change.run_id`,
    ).returning({ ...tokenRow, runId: integer, at: text, previousRunId: nullable(integer) }),
    // The finding about a rotation has the new token as its subject. It also belongs to the one that was replaced.
    findings: prepare<[{ ids: string }]>(
      db,
      `WITH about (id) AS (
         SELECT id
           FROM findings
          WHERE subject IN (SELECT value FROM json_each(@ids))
          UNION
         SELECT rotation.id
           FROM findings AS removal
           JOIN findings AS rotation ON rotation.run_id = removal.run_id
          WHERE removal.subject IN (SELECT value FROM json_each(@ids))
            AND removal.kind = 'token-removed'
            AND removal.suppressed_by = 'event'
            AND rotation.kind = 'token-rotated'
            AND rotation.detail ->> '$.replaced' = removal.subject
       )
       SELECT ${findingColumns}, f.suppressed_by AS suppressedBy, r.started_at AS at, m.id AS mailId
         FROM findings AS f
         JOIN runs AS r ON r.id = f.run_id
         LEFT JOIN messages AS m
           ON m.run_id = f.run_id
          AND m.kind IN ('baseline', 'digest')
          AND f.suppressed_by IS NULL
        WHERE f.id IN (SELECT id FROM about)
          AND f.subject_type <> 'organisation'
        ORDER BY f.id`,
    ).returning({
      ...findingRow,
      suppressedBy: nullable(textOf<Suppression>()),
      at: text,
      mailId: nullable(integer),
    }),
  };

  /** Returns everything recorded about these tokens and accounts, oldest first. */
  function itemsOf(subjects: readonly string[]): Item[] {
    const ids = JSON.stringify(subjects);
    const oldestRunId = lookup.oldestSnapshot()?.id ?? 0;
    const firstSeen = stmts.firstVersions.all(ids).map((row) => {
      const owner = owners.asOf(row.membershipId, row.runId);
      const entry = firstSeenEntry(toToken(row), owner, { ...row, isPruned: row.runId < oldestRunId });
      return { entry, about: [row.tokenId, row.membershipId] };
    });
    const findings = stmts.findings.all({ ids }).map((row) => {
      const finding = toFinding(row, readers);
      return { entry: findingEntry(finding, row), about: idsOf(finding) };
    });
    const accepted = acknowledgements.ofSubjects(ids).flatMap((logged) => {
      const about = [logged.acknowledgement.condition.subject.id, logged.membershipId];
      return acknowledgementEntries(logged).map((entry) => ({ entry, about }));
    });
    const registered = stmts.registerChanges.all(ids).map((row) => {
      const before = readers.register.entryAsOf(row.tokenId, row.previousRunId ?? 0);
      const change = { ...row, before, after: readers.register.entryAsOf(row.tokenId, row.runId) };
      const owner = owners.asOf(row.membershipId, row.runId);
      return { entry: registerEntry(toToken(row), owner, change), about: [row.tokenId, row.membershipId] };
    });
    // The sort is stable, so entries of one run keep the order of the journal.
    return [...firstSeen, ...registered, ...findings, ...accepted].sort((a, b) =>
      a.entry.at < b.entry.at ? -1 : Number(a.entry.at > b.entry.at),
    );
  }

  return {
    tokenTimeline: (tokenId) => itemsOf([tokenId]).map(({ entry }) => entry),
    accountTimeline: (membershipId) =>
      itemsOf([membershipId, ...stmts.tokensOwned.all(membershipId)])
        .filter(({ about }) => about.includes(membershipId))
        .map(({ entry }) => entry),
  };
}

/** Includes the former and the new owner if the token's owner changed. */
function idsOf({ kind, detail, subject, token }: Finding): (string | null)[] {
  const changes = kind === 'token-identity-changed' ? detail.changes : [];
  return [subject.id, token?.membershipId ?? null, ...changes.flatMap(({ before, after }) => [before, after])];
}
