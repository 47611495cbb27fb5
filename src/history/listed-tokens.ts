import type { OwnerState } from '../rules/owner.ts';
import type { Database } from '../store/database.ts';
import { type TokenRow, tokenColumns, toToken } from '../store/token-row.ts';
import { ageInDays } from '../time/duration.ts';

/** A token as `tokens` lists it. */
export interface ListedToken {
  id: string;
  name: string;
  type: string;
  enabled: boolean;
  createdAt: string;
  /** Whole days at the time of the run. */
  ageDays: number;
  membershipId: string | null;
  /** As of the run; null: it has none, or it was not known, or it is gone. */
  owner: { userName: string; displayName: string; active: boolean; lastLogin: string | null } | null;
  /** Start of the first run that saw it. */
  firstSeenAt: string;
  /** Start of the run that saw its last change; null when it never changed. */
  changedAt: string | null;
}

interface ListedTokenRow extends TokenRow {
  firstSeenAt: string;
  versionSince: string;
  asOf: string;
  ownerState: OwnerState | null;
  userName: string | null;
  displayName: string | null;
  lastLogin: string | null;
}

export interface TokenFilter {
  runId: number;
  type?: string | undefined;
  /** Only tokens that were stale as of the run. */
  stale?: boolean;
  /** Only those of the account. */
  membershipId?: string | undefined;
  /** At most so many. */
  limit?: number | undefined;
}

interface TokenParameters {
  runId: number;
  type: string | null;
  stale: number;
  membershipId: string | null;
  limit: number;
}

/** Every type that a token ever had. */
export function readTypes(db: Database): string[] {
  return db.prepare<[], string>('SELECT DISTINCT type FROM token_versions ORDER BY type').pluck().all();
}

/** The snapshot of a complete run, oldest token first. */
export function* listTokens(db: Database, filter: TokenFilter): Generator<ListedToken> {
  const rows = db.prepare<[TokenParameters], ListedTokenRow>(
    `SELECT ${tokenColumns('s')},
            since.started_at AS versionSince, asof.started_at AS asOf,
            o.state AS ownerState, o.user_name AS userName, o.display_name AS displayName,
            CASE WHEN o.last_login <= asof.started_at THEN o.last_login END AS lastLogin,
            (SELECT r.started_at
               FROM token_versions AS v
               JOIN runs AS r ON r.id = v.first_run_id
              WHERE v.token_id = s.token_id
              ORDER BY v.first_run_id
              LIMIT 1) AS firstSeenAt
       FROM snapshots AS s
       JOIN runs AS since ON since.id = s.first_run_id
       JOIN runs AS asof ON asof.id = s.run_id
       LEFT JOIN owner_versions AS o
         ON o.membership_id = s.membership_id
        AND o.first_run_id <= s.run_id
        AND (o.last_run_id IS NULL OR o.last_run_id >= s.run_id)
      WHERE s.run_id = @runId
        AND (@type IS NULL OR s.type = @type)
        AND (@membershipId IS NULL OR s.membership_id = @membershipId)
        AND (@stale = 0 OR EXISTS (SELECT 1
                                     FROM conditions AS c
                                    WHERE c.kind = 'token-stale'
                                      AND c.subject = s.token_id
                                      AND c.opened_run_id <= @runId
                                      AND (c.resolved_run_id IS NULL OR c.resolved_run_id > @runId)))
      ORDER BY s.created_at, s.token_id
      LIMIT @limit`,
  );
  const { runId, type = null, stale = false, membershipId = null, limit = -1 } = filter;
  for (const row of rows.iterate({ runId, type, stale: Number(stale), membershipId, limit })) {
    yield {
      ...toToken(row),
      ageDays: ageInDays(row.createdAt, new Date(row.asOf)),
      owner: toListedOwner(row),
      firstSeenAt: row.firstSeenAt,
      changedAt: row.versionSince === row.firstSeenAt ? null : row.versionSince,
    };
  }
}

function toListedOwner({ ownerState, userName, displayName, lastLogin }: ListedTokenRow): ListedToken['owner'] {
  if (ownerState === null || ownerState === 'missing') return null;
  return { userName: userName ?? '', displayName: displayName ?? '', active: ownerState === 'active', lastLogin };
}
