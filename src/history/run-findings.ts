import { groupFindings } from '../rules/finding-groups.ts';
import type { Database } from '../store/database.ts';
import { createFindings } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, prepare } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import { msPerDay } from '../time/duration.ts';
import type { AcknowledgementLog } from './acknowledgement-log.ts';
import type { Moments } from './as-of.ts';
import type { History } from './history.ts';
import type { RunFindings, TokenGroup } from './report.ts';
import { createRunNotes } from './run-notes.ts';

const recentDays = 30;
const maxRecent = 20;

export function createRunFindings(
  db: Database,
  owners: OwnerReader,
  acknowledgements: AcknowledgementLog,
  moments: Moments,
): Pick<History, 'runFindings'> {
  const stmts = {
    newestSince: prepare<[number, string, number]>(
      db,
      `SELECT ${tokenColumns('s')}, count(*) OVER () AS count
         FROM snapshots AS s
        WHERE s.run_id = ?
          AND s.created_at >= ?
        ORDER BY s.created_at DESC, s.token_id
        LIMIT ?`,
    ).returning({ ...tokenRow, count: integer }),
  };
  const findings = createFindings(db);
  const notes = createRunNotes(db);

  function recentTokens({ id, startedAt }: RunFindings['run']): TokenGroup {
    const since = new Date(Date.parse(startedAt) - recentDays * msPerDay).toISOString();
    const rows = stmts.newestSince.all(id, since, maxRecent);
    const tokens = rows.map((row) => ({ token: toToken(row), owner: owners.asOf(row.membershipId, id) }));
    return { count: rows[0]?.count ?? 0, tokens };
  }

  return {
    runFindings(runId) {
      const found = moments.run(runId);
      if (found?.status !== 'complete') return null;
      const { id, startedAt, isBaseline, tokenCount, surplus, ownersProblem } = found;
      const run = { id, startedAt, isBaseline, tokenCount: tokenCount ?? 0, surplus: surplus ?? 0 };
      const previous = moments.completeBefore(runId);
      return {
        run,
        previous: previous && { id: previous.id, startedAt: previous.startedAt },
        groups: groupFindings(findings.reportedBy(runId)),
        acknowledgements: acknowledgements.reportedBy(runId),
        recent: run.isBaseline ? recentTokens(run) : null,
        ownersProblem: ownersProblem === null ? null : { problem: ownersProblem, hint: found.ownersHint ?? '' },
        ownersUnresolved: found.ownersUnresolved,
        breaker: found.breaker,
        ...notes(found, previous),
      };
    },
  };
}
