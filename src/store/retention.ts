import type { Database } from './database.ts';
import { integer, prepare } from './statement.ts';
import type { Transaction } from './transaction.ts';

/**
 * Prunes old history, one run at a time, so that other processes never wait long for a write. Some rows
 * stay forever: runs, the first and the last version of each token (they say when it was first seen, and
 * that it existed), acknowledgements with their conditions, and the record that a mail was sent.
 */
export interface Retention {
  /** Drops the HTML and the files of mails that are finished. Their text stays as the record of what was sent. */
  dropDelivered(tx: Transaction): void;
  /**
   * Returns the oldest complete run that started at `cutoff` or later. If there is none, returns the newest
   * complete run, whose snapshot is always kept. null: no run has completed.
   */
  oldestToKeep(cutoff: Date): number | null;
  /** Prunes what ended with the next run that is older than `oldestRunId`. Returns false when nothing is left to prune. */
  pruneStep(tx: Transaction, oldestRunId: number): boolean;
}

const isDone = `NOT EXISTS (SELECT 1
                              FROM deliveries AS d
                             WHERE d.message_id = messages.id
                               AND d.status IN ('pending', 'parked'))`;
// octet_length measures the text without reading it.
const delivered = `octet_length(body_html) > 0 AND ${isDone}`;
const prunableCondition = `c.resolved_run_id = ?
          AND NOT EXISTS (SELECT 1 FROM acknowledgements AS a WHERE a.condition_id = c.id)`;

/** Statements that prune what ended with a run. Their parameter is the id of the run. */
const prunings = [
  // Keeps a token's first version of each type, so that no type is forgotten, and its last version.
  `DELETE FROM token_versions AS v
        WHERE v.last_run_id = ?
          AND EXISTS (SELECT 1
                        FROM token_versions AS earlier
                       WHERE earlier.token_id = v.token_id
                         AND earlier.first_run_id < v.first_run_id
                         AND earlier.type = v.type)
          AND EXISTS (SELECT 1
                        FROM token_versions AS later
                       WHERE later.token_id = v.token_id
                         AND later.first_run_id > v.first_run_id)`,
  ...['owner_versions', 'role_versions'].map(
    (table) => `DELETE FROM ${table} AS o
        WHERE o.last_run_id = ?
          AND (EXISTS (SELECT 1
                         FROM ${table} AS later
                        WHERE later.membership_id = o.membership_id
                          AND later.first_run_id > o.first_run_id)
               OR NOT EXISTS (SELECT 1
                                FROM token_versions AS v
                               WHERE v.membership_id = o.membership_id
                                 AND v.last_run_id IS NULL))`,
  ),
  'DELETE FROM register_versions WHERE last_run_id = ?',
  'DELETE FROM findings WHERE run_id = ? AND condition_id IS NULL',
  `DELETE FROM findings
        WHERE (subject, condition_id) IN (SELECT c.subject, c.id FROM conditions AS c WHERE ${prunableCondition})`,
  `DELETE FROM conditions AS c WHERE ${prunableCondition}`,
  `UPDATE messages SET body_text = '' WHERE run_id = ? AND body_text <> '' AND ${isDone}`,
];

export function createRetention(db: Database): Retention {
  const stmts = {
    progress: prepare(
      db,
      'SELECT oldest_run_id AS oldestRunId, pruned_through_id AS prunedThroughId FROM retention',
    ).returning({ oldestRunId: integer, prunedThroughId: integer }),
    oldestToKeep: prepare<[string]>(
      db,
      `SELECT id
         FROM runs
        WHERE status = 'complete'
          AND (started_at >= ? OR id = (SELECT max(id) FROM runs WHERE status = 'complete'))
        ORDER BY id
        LIMIT 1`,
    ).returningOne(integer),
    // Never moves back: what was pruned does not return when the clock or the setting changes.
    setOldest: prepare<[number]>(
      db,
      `INSERT INTO retention (singleton, oldest_run_id, pruned_through_id) VALUES (1, ?, 0)
           ON CONFLICT DO UPDATE SET oldest_run_id = max(oldest_run_id, excluded.oldest_run_id)`,
    ),
    setPruned: prepare<[number]>(db, 'UPDATE retention SET pruned_through_id = ?'),
    prunings: prunings.map((sql) => prepare<[number]>(db, sql)),
    dropFiles: prepare(db, `DELETE FROM attachments WHERE message_id IN (SELECT id FROM messages WHERE ${delivered})`),
    dropHtml: prepare(db, `UPDATE messages SET body_html = '' WHERE ${delivered}`),
  };

  return {
    dropDelivered(tx) {
      tx.requireOpen();
      stmts.dropFiles.run();
      stmts.dropHtml.run();
    },
    oldestToKeep: (cutoff) => stmts.oldestToKeep.get(cutoff.toISOString()),
    pruneStep(tx, oldestRunId) {
      tx.requireOpen();
      const progress = stmts.progress.get() ?? { oldestRunId: 0, prunedThroughId: 0 };
      if (oldestRunId > progress.oldestRunId) stmts.setOldest.run(oldestRunId);
      const next = progress.prunedThroughId + 1;
      if (next >= Math.max(oldestRunId, progress.oldestRunId)) return false;
      for (const pruning of stmts.prunings) pruning.run(next);
      stmts.setPruned.run(next);
      return true;
    },
  };
}
