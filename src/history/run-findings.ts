import { groupFindings } from '../rules/finding-groups.ts';
import type { RolesProblem } from '../rules/role.ts';
import type { Database } from '../store/database.ts';
import { createFindings, type FindingReaders } from '../store/findings.ts';
import type { Run } from '../store/runs.ts';
import { boolean, integer, nullable, prepare, text } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import { msPerDay } from '../time/duration.ts';
import type { AcknowledgementLog } from './acknowledgement-log.ts';
import type { RunLookup } from './as-of.ts';
import type { History } from './history.ts';
import type { RunFindings, TokenGroup } from './report.ts';

const recentDays = 30;
const maxRecent = 20;
const noRoles = { owners: 0, unknown: 0 };

/** The kinds of mail that have notes about the run. */
const reportKinds = "'baseline', 'digest', 'summary', 'inventory'";
// Not max(), which would read all messages because of the second condition.
const lastReportRun = `coalesce((SELECT run_id
                                   FROM messages
                                  WHERE run_id < @runId
                                    AND kind IN (${reportKinds})
                                  ORDER BY run_id DESC
                                  LIMIT 1), 0)`;

export function createRunFindings(
  db: Database,
  { owners, register }: FindingReaders,
  { registerReport }: Pick<History, 'registerReport'>,
  acknowledgements: AcknowledgementLog,
  lookup: RunLookup,
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
    rejudged: prepare<[{ runId: number }]>(
      db,
      `SELECT count(*)
         FROM findings
        WHERE suppressed_by = 'settings-changed'
          AND run_id <= @runId
          AND run_id > ${lastReportRun}`,
    ).returningOne(integer),
    runsWithoutOwners: prepare<[{ runId: number }]>(
      db,
      `SELECT count(*)
         FROM runs
        WHERE status = 'complete'
          AND owners_known = 0
          AND id < @runId
          AND id > min(${lastReportRun},
                       coalesce((SELECT id FROM runs WHERE owners_known = 1 AND id < @runId ORDER BY id DESC LIMIT 1), 0))`,
    ).returningOne(integer),
    lastReportRun: prepare<[{ runId: number }]>(db, `SELECT ${lastReportRun}`).returningOne(integer),
    saidRolesHint: prepare<[{ runId: number }]>(
      db,
      `SELECT said.roles_hint
         FROM runs AS said
        WHERE said.id = ${lastReportRun}
          AND said.roles_problem IS NOT NULL
          AND NOT EXISTS (SELECT 1
                            FROM runs AS well
                           WHERE well.id > said.id
                             AND well.id < @runId
                             AND well.status = 'complete'
                             AND well.roles_problem IS NULL)`,
    ).returningOne(nullable(text)),
    unknownRoles: prepare<[{ runId: number }]>(
      db,
      `SELECT count(*) AS owners, count(*) FILTER (WHERE NOT EXISTS (SELECT 1
                                                                       FROM role_versions AS v
                                                                      WHERE v.membership_id = o.membership_id
                                                                        AND v.first_run_id <= @runId)) AS unknown
         FROM (SELECT DISTINCT membership_id
                 FROM snapshots
                WHERE run_id = @runId
                  AND membership_id IS NOT NULL) AS o`,
    ).returning({ owners: integer, unknown: integer }),
    hidden: prepare<[{ runId: number }]>(
      db,
      `SELECT v.token_id AS id, v.name
         FROM runs AS r
         JOIN json_each(r.hidden_token_ids) AS hidden
         JOIN snapshots AS v ON v.run_id = r.id AND v.token_id = hidden.value
        WHERE r.id = @runId
        ORDER BY v.created_at, v.token_id`,
    ).returning({ id: text, name: text }),
    wasCredentialKnown: prepare<[number]>(
      db,
      'SELECT EXISTS (SELECT 1 FROM runs WHERE id < ? AND key_scope IS NOT NULL)',
    ).returningOne(boolean),
    unknownReportedAt: prepare<[{ runId: number }]>(
      db,
      `SELECT r.started_at
         FROM messages AS m
         JOIN runs AS r ON r.id = m.run_id
        WHERE r.owners_known = 0
          AND r.id < @runId
          AND m.kind IN (${reportKinds})
        ORDER BY r.id DESC
        LIMIT 1`,
    ).returningOne(text),
  };
  const findings = createFindings(db);

  function recentTokens({ id, startedAt }: RunFindings['run']): TokenGroup {
    const since = new Date(Date.parse(startedAt) - recentDays * msPerDay).toISOString();
    const rows = stmts.newestSince.all(id, since, maxRecent);
    const tokens = rows.map((row) => ({
      token: toToken(row),
      owner: owners.asOf(row.membershipId, id),
      register: register.entryAsOf(row.tokenId, id),
    }));
    return { count: rows[0]?.count ?? 0, tokens };
  }

  /**
   * Returns whether to report that owners are no longer known. Only the first run that loses them reports it, and not
   * if that was already reported within the last day.
   */
  function ownersLost({ id, startedAt, ownersKnown }: Run, previous: Run | null): boolean {
    if (ownersKnown !== false || previous?.ownersKnown !== true) return false;
    const reportedAt = stmts.unknownReportedAt.get({ runId: id });
    return reportedAt === null || Date.parse(startedAt) - Date.parse(reportedAt) >= msPerDay;
  }

  /** A problem is said in the first mail since it began, and again if what to do about it changes. */
  function rolesProblem({ id, rolesProblem: problem, rolesHint }: Run): RolesProblem | null {
    if (problem === null) return null;
    const hint = rolesHint ?? '';
    const said = stmts.saidRolesHint.get({ runId: id });
    return said === hint ? null : { problem, hint };
  }

  return {
    runFindings(runId) {
      const found = lookup.run(runId);
      if (found?.status !== 'complete') return null;
      const { id, startedAt, isBaseline, tokenCount, surplus, ownersProblem } = found;
      const run = { id, startedAt, isBaseline, tokenCount: tokenCount ?? 0, surplus: surplus ?? 0 };
      const previous = lookup.completeBefore(runId);
      const hiddenTokens = stmts.hidden.all({ runId }).map((token) => ({
        ...token,
        isToBeRevoked: register.entryAsOf(token.id, runId)?.decision === 'revoke',
      }));
      const hiddenBefore = new Set(
        previous === null ? [] : stmts.hidden.all({ runId: previous.id }).map((token) => token.id),
      );
      return {
        run,
        previous: previous && { id: previous.id, startedAt: previous.startedAt },
        groups: groupFindings(findings.reportedBy(runId)),
        acknowledgements: acknowledgements.reportedBy(runId),
        recent: run.isBaseline ? recentTokens(run) : null,
        ownersProblem: ownersProblem === null ? null : { problem: ownersProblem, hint: found.ownersHint ?? '' },
        ownersUnresolved: found.ownersUnresolved,
        rolesProblem: rolesProblem(found),
        rolesPending: found.rolesProblem === null ? (stmts.unknownRoles.get({ runId }) ?? noRoles) : noRoles,
        // A baseline has nothing to compare the register with.
        register: registerReport(runId, isBaseline ? runId : (stmts.lastReportRun.get({ runId }) ?? 0)),
        clockChecked: found.clockChecked ?? false,
        credential: found.keyScope !== null ? 'known' : stmts.wasCredentialKnown.get(runId) ? 'silent' : 'never known',
        hiddenTokens,
        hasNewHidden: hiddenTokens.some(({ id: tokenId }) => !hiddenBefore.has(tokenId)),
        breaker: found.breaker,
        rejudgedCount: stmts.rejudged.get({ runId: id }) ?? 0,
        runsWithoutOwners: stmts.runsWithoutOwners.get({ runId: id }) ?? 0,
        ownersLost: ownersLost(found, previous),
      };
    },
  };
}
