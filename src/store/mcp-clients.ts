import type { Token } from '../rules/token.ts';
import { integer, prepare, text } from './statement.ts';
import { tokenColumns, tokenRow, toToken } from './token-row.ts';
import type { Transaction } from './transaction.ts';
import type { WorkingTables } from './working-tables.ts';

/** The names that MCP grants have had. Omni names a grant after the AI client that asked for it. */
export interface McpClients {
  /** Returns the oldest staged grant of each name that no run has ever seen, oldest first. Call it before `remember`. */
  firstGrants(limit: number): FirstGrant[];
  /** Stores the names of the staged grants. */
  remember(tx: Transaction, runId: number): void;
}

export interface FirstGrant {
  token: Token;
  /** The number of staged grants of this name. */
  grants: number;
  /** The number of all names that no run has ever seen. */
  newNames: number;
}

export function createMcpClients({ db }: WorkingTables): McpClients {
  const stmts = {
    // SQLite takes the other columns from the row with the minimum.
    firstGrants: prepare<[number]>(
      db,
      `SELECT ${tokenColumns('s')}, count(*) AS grants, count(*) OVER () AS newNames,
              min(s.created_at || s.token_id) AS oldest
         FROM temp.staged_tokens AS s
        WHERE s.type = 'mcp'
          AND NOT EXISTS (SELECT 1 FROM mcp_clients AS c WHERE c.name = s.name)
        GROUP BY s.name
        ORDER BY oldest
        LIMIT ?`,
    ).returning({ ...tokenRow, grants: integer, newNames: integer, oldest: text }),
    remember: prepare<[number]>(
      db,
      `INSERT INTO mcp_clients (name, first_run_id)
       SELECT DISTINCT name, ? FROM temp.staged_tokens WHERE type = 'mcp'
           ON CONFLICT (name) DO NOTHING`,
    ),
  };

  return {
    firstGrants: (limit) =>
      stmts.firstGrants
        .all(limit)
        .map(({ grants, newNames, oldest: _, ...row }) => ({ token: toToken(row), grants, newNames })),
    remember(tx, runId) {
      tx.requireOpen();
      stmts.remember.run(runId);
    },
  };
}
