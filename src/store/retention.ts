import type { Database } from './database.ts';

export type Retention = ReturnType<typeof createRetention>;

/** The oldest run whose snapshot is whole. */
export interface OldestSnapshot {
  runId: number;
  startedAt: string;
}

/** The oldest snapshot that is whole; null: no audit was ever complete. */
export function readOldestSnapshot(db: Database): OldestSnapshot | null {
  const oldest = db.prepare<[], OldestSnapshot>(
    `SELECT id AS runId, started_at AS startedAt
       FROM runs
      WHERE status = 'complete'
        AND id >= coalesce((SELECT oldest_run_id FROM retention), 0)
      ORDER BY id
      LIMIT 1`,
  );
  return oldest.get() ?? null;
}

/** Rows of one step: a few milliseconds, so that nobody else waits for it. */
const stepRows = 500;

/**
 * Prunes what ended long ago, run by run. These stay for ever: every run, the first and the last
 * version of a token (when it was first seen, and that it was there), every acknowledgement with its
 * condition, and that a mail was sent.
 */
export function createRetention(db: Database) {
  const marker = db.prepare<[], { oldestRunId: number; prunedThroughId: number }>(
    'SELECT oldest_run_id AS oldestRunId, pruned_through_id AS prunedThroughId FROM retention',
  );
  const oldestToKeep = db.prepare<[string], { id: number | null }>(
    `SELECT coalesce((SELECT min(id) FROM runs WHERE status = 'complete' AND started_at >= ?),
                     (SELECT max(id) FROM runs WHERE status = 'complete')) AS id`,
  );
  // Only ever forward: what a snapshot lacks does not come back when the clock or the setting does.
  const moveOldest = db.prepare<[number]>(
    `INSERT INTO retention (singleton, oldest_run_id, pruned_through_id) VALUES (1, ?, 0)
         ON CONFLICT DO UPDATE SET oldest_run_id = max(oldest_run_id, excluded.oldest_run_id)`,
  );
  const movePruned = db.prepare<[number]>('UPDATE retention SET pruned_through_id = ?');
  // An earlier version of the same type stays or has one before it that does, so that no type is
  // ever forgotten, and a later one is the last.
  const pruneVersions = db.prepare<[number, number]>(
    `DELETE FROM token_versions
      WHERE (token_id, first_run_id) IN
            (SELECT v.token_id, v.first_run_id
               FROM token_versions AS v
              WHERE v.last_run_id = ?
                AND EXISTS (SELECT 1 FROM token_versions AS earlier
                             WHERE earlier.token_id = v.token_id
                               AND earlier.first_run_id < v.first_run_id
                               AND earlier.type = v.type)
                AND EXISTS (SELECT 1 FROM token_versions AS later
                             WHERE later.token_id = v.token_id
                               AND later.first_run_id > v.first_run_id)
              LIMIT ?)`,
  );
  const pruneOwners = db.prepare<[number, number]>(
    `DELETE FROM owner_versions
      WHERE (membership_id, first_run_id) IN
            (SELECT o.membership_id, o.first_run_id
               FROM owner_versions AS o
              WHERE o.last_run_id = ?
                AND (EXISTS (SELECT 1 FROM owner_versions AS later
                              WHERE later.membership_id = o.membership_id
                                AND later.first_run_id > o.first_run_id)
                     OR NOT EXISTS (SELECT 1 FROM token_versions AS v
                                     WHERE v.membership_id = o.membership_id
                                       AND v.last_run_id IS NULL))
              LIMIT ?)`,
  );
  const pruneEvents = db.prepare<[number, number]>(
    'DELETE FROM findings WHERE id IN (SELECT id FROM findings WHERE run_id = ? AND condition_id IS NULL LIMIT ?)',
  );
  const endedConditions = db.prepare<[number, number], { id: number; subject: string }>(
    `SELECT c.id, c.subject
       FROM conditions AS c
      WHERE c.resolved_run_id = ?
        AND NOT EXISTS (SELECT 1 FROM acknowledgements AS a WHERE a.condition_id = c.id)
      LIMIT ?`,
  );
  const pruneTurns = db.prepare<[string, number]>('DELETE FROM findings WHERE subject = ? AND condition_id = ?');
  const pruneCondition = db.prepare<[number]>('DELETE FROM conditions WHERE id = ?');
  const isDone = `NOT EXISTS (SELECT 1
                                FROM deliveries AS d
                               WHERE d.message_id = messages.id
                                 AND d.status IN ('pending', 'parked'))`;
  const pruneBodies = db.prepare<[number]>(
    `UPDATE messages SET body_text = '' WHERE run_id = ? AND body_text <> '' AND ${isDone}`,
  );
  // octet_length does not read what it measures.
  const delivered = db
    .prepare<[number], number>(`SELECT id FROM messages WHERE octet_length(body_html) > 0 AND ${isDone} LIMIT ?`)
    .pluck();
  const dropFiles = db.prepare<[number]>('DELETE FROM attachments WHERE message_id = ?');
  const dropHtml = db.prepare<[number]>("UPDATE messages SET body_html = '' WHERE id = ?");

  function pruneConditions(runId: number): number {
    const ended = endedConditions.all(runId, stepRows);
    for (const { id, subject } of ended) {
      pruneTurns.run(subject, id);
      pruneCondition.run(id);
    }
    return ended.length;
  }

  const step = db.transaction((runId: number): boolean => {
    const counts = [
      pruneVersions.run(runId, stepRows).changes,
      pruneOwners.run(runId, stepRows).changes,
      pruneEvents.run(runId, stepRows).changes,
      pruneConditions(runId),
    ];
    if (counts.some((count) => count === stepRows)) return false;
    pruneBodies.run(runId);
    movePruned.run(runId);
    return true;
  });

  const dropDelivered = db.transaction((): void => {
    for (const id of delivered.all(stepRows)) {
      dropFiles.run(id);
      dropHtml.run(id);
    }
  });

  return {
    /** Drops the HTML and the files of mails that are done. Their text stays as the record of what was sent. */
    dropDelivered: (): void => dropDelivered.immediate(),
    oldestSnapshot: (): OldestSnapshot | null => readOldestSnapshot(db),
    /**
     * Prunes what ended before the first complete run since `cutoff`, in at most `maxSteps` small
     * transactions, and answers whether nothing is left to do. The newest snapshot always stays.
     */
    prune(cutoff: Date, maxSteps: number): boolean {
      const keep = oldestToKeep.get(cutoff.toISOString())?.id ?? null;
      if (keep === null) return true;
      if (keep > (marker.get()?.oldestRunId ?? 0)) moveOldest.run(keep);
      for (let steps = 0; steps < maxSteps; steps += 1) {
        const { oldestRunId, prunedThroughId } = marker.get() ?? { oldestRunId: 0, prunedThroughId: 0 };
        const next = prunedThroughId + 1;
        if (next >= oldestRunId) return true;
        step.immediate(next);
      }
      return false;
    },
  };
}
