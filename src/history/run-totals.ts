import { maxRowsPerGroup } from '../rules/finding-groups.ts';
import { noSeverityCounts, type Severity } from '../rules/severity.ts';
import type { Database } from '../store/database.ts';
import type { FindingReaders } from '../store/findings.ts';
import { integer, nullable, prepare, text, textOf } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import type { History } from './history.ts';
import type { GrantsByClient, Inventory, OwnedToken } from './report.ts';

/** Nobody would read more clients in one line. */
const maxClients = 8;

const openAsOf = `FROM conditions AS c
                 WHERE c.opened_run_id <= @runId
                   AND (c.resolved_run_id IS NULL OR c.resolved_run_id > @runId)`;

export function createRunTotals(
  db: Database,
  { owners, register }: FindingReaders,
  { registerOrphans }: Pick<History, 'registerOrphans'>,
): Pick<History, 'runTotals' | 'roleCounts' | 'inventory' | 'ownedTokens'> {
  const stmts = {
    tokensByType: prepare<[number]>(
      db,
      'SELECT type, count(*) AS count FROM snapshots WHERE run_id = ? GROUP BY type ORDER BY count(*) DESC, type',
    ).returning({ type: text, count: integer }),
    grants: prepare<[number, number]>(
      db,
      `SELECT name AS client, count(*) AS count, count(*) OVER () AS clients, sum(count(*)) OVER () AS grants
         FROM snapshots
        WHERE run_id = ?
          AND type = 'mcp'
        GROUP BY name
        ORDER BY count(*) DESC, name
        LIMIT ?`,
    ).returning({ client: text, count: integer, clients: integer, grants: integer }),
    roleCounts: prepare(
      db,
      `SELECT count(*) AS owners, count(v.membership_id) AS known, min(r.started_at) AS oldestAsOf
         FROM (SELECT DISTINCT membership_id
                 FROM token_versions
                WHERE last_run_id IS NULL
                  AND membership_id IS NOT NULL) AS o
         LEFT JOIN role_versions AS v ON v.membership_id = o.membership_id AND v.last_run_id IS NULL
         LEFT JOIN runs AS r ON r.id = v.confirmed_run_id`,
    ).returning({ owners: integer, known: integer, oldestAsOf: nullable(text) }),
    tokens: prepare<[number]>(
      db,
      `SELECT ${tokenColumns('s')} FROM snapshots AS s WHERE s.run_id = ? ORDER BY s.created_at, s.token_id`,
    ).returning(tokenRow),
    // Takes the severity from the last transition up to the run, because the condition has only its current one.
    openBySeverity: prepare<[{ runId: number }]>(
      db,
      `SELECT coalesce((SELECT f.severity
                          FROM findings AS f
                         WHERE f.subject = c.subject
                           AND f.condition_id = c.id
                           AND f.transition <> 'resolved'
                           AND f.run_id <= @runId
                         ORDER BY f.id DESC
                         LIMIT 1), c.severity) AS severity, count(*) AS count ${openAsOf} GROUP BY 1`,
    ).returning({ severity: textOf<Severity>(), count: integer }),
    // Counts an acknowledgement if a digest up to this run has reported its beginning and none has reported its end.
    openCounts: prepare<[{ runId: number }]>(
      db,
      `SELECT count(DISTINCT c.subject) AS subjects,
              count(*) FILTER (WHERE EXISTS (SELECT 1
                                               FROM acknowledgements AS a
                                              WHERE a.condition_id = c.id
                                                AND +a.reported_run_id <= @runId
                                                AND (a.end_reported_run_id IS NULL
                                                     OR a.end_reported_run_id > @runId))) AS acknowledged
         ${openAsOf}`,
    ).returning({ subjects: integer, acknowledged: integer }),
  };

  function* ownedTokens(runId: number): Generator<OwnedToken> {
    for (const row of stmts.tokens.iterate(runId)) {
      yield {
        token: toToken(row),
        owner: owners.asOf(row.membershipId, runId),
        register: register.entryAsOf(row.tokenId, runId),
      };
    }
  }

  function grantsByClient(runId: number): GrantsByClient {
    const rows = stmts.grants.all(runId, maxClients);
    const [{ clients, grants } = { clients: 0, grants: 0 }] = rows;
    return {
      clients: rows.map(({ client, count }) => ({ client, count })),
      otherClients: clients - rows.length,
      otherGrants: rows.reduce((rest, { count }) => rest - count, grants),
    };
  }

  return {
    runTotals(runId) {
      const openBySeverity = noSeverityCounts();
      for (const { severity, count } of stmts.openBySeverity.all({ runId })) openBySeverity[severity] = count;
      const counts = stmts.openCounts.get({ runId });
      return {
        tokensByType: stmts.tokensByType.all(runId),
        grantsByClient: grantsByClient(runId),
        registerOrphans: registerOrphans(),
        openBySeverity,
        openSubjects: counts?.subjects ?? 0,
        acknowledgedCount: counts?.acknowledged ?? 0,
      };
    },
    roleCounts: () => stmts.roleCounts.get() ?? { owners: 0, known: 0, oldestAsOf: null },
    inventory(runId) {
      const groups = stmts.tokensByType.all(runId).map((type): Inventory[number] => ({ ...type, tokens: [] }));
      const byType = new Map(groups.map((group) => [group.type, group.tokens]));
      for (const owned of ownedTokens(runId)) {
        const tokens = byType.get(owned.token.type);
        if (tokens !== undefined && tokens.length < maxRowsPerGroup) tokens.push(owned);
      }
      return groups;
    },
    ownedTokens,
  };
}
