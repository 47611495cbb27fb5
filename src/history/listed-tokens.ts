import type { OwnerState } from '../rules/owner.ts';
import type { Database } from '../store/database.ts';
import { nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import { ageInDays } from '../time/duration.ts';
import type { History } from './history.ts';
import { where } from './where.ts';

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
  /** As of the run. null: it has none, or the owner was unknown or missing. */
  owner: { userName: string; displayName: string; active: boolean; lastLogin: string | null } | null;
  /** Start of the first run that saw it. */
  firstSeenAt: string;
  /** Start of the run that saw its last change; null: it never changed. */
  changedAt: string | null;
}

/** Which tokens to list. Without any filter, all. */
export interface TokenFilter {
  type?: string | undefined;
  /** Only tokens that were stale as of the run. */
  stale?: boolean | undefined;
  /** Only those that the account owns. */
  membershipId?: string | undefined;
  limit?: number | undefined;
}

const listedTokenRow = {
  ...tokenRow,
  versionSince: text,
  asOf: text,
  ownerState: nullable(textOf<OwnerState>()),
  userName: nullable(text),
  displayName: nullable(text),
  lastLogin: nullable(text),
  firstSeenAt: text,
};

export function createListedTokens(db: Database): Pick<History, 'tokens' | 'tokenTypes'> {
  const types = prepare(db, 'SELECT DISTINCT type FROM token_versions ORDER BY type').returningOne(text);
  return {
    tokenTypes: () => types.all(),
    *tokens(runId, { type, stale, membershipId, limit = -1 }) {
      const rows = prepare<[object]>(
        db,
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
            AND ${where([type, 's.type = @type'], [membershipId, 's.membership_id = @membershipId'], [stale, isStale])}
          ORDER BY s.created_at, s.token_id
          LIMIT @limit`,
      ).returning(listedTokenRow);
      for (const row of rows.iterate({ runId, type, membershipId, limit })) yield toListed(row);
    },
  };
}

const isStale = `EXISTS (SELECT 1
                           FROM conditions AS c
                          WHERE c.kind = 'token-stale'
                            AND c.subject = s.token_id
                            AND c.opened_run_id <= @runId
                            AND (c.resolved_run_id IS NULL OR c.resolved_run_id > @runId))`;

function toListed(row: RowOf<typeof listedTokenRow>): ListedToken {
  const { ownerState, userName, displayName, lastLogin, firstSeenAt, versionSince } = row;
  const isKnown = ownerState !== null && ownerState !== 'missing';
  return {
    ...toToken(row),
    ageDays: ageInDays(row.createdAt, new Date(row.asOf)),
    owner: isKnown
      ? { userName: userName ?? '', displayName: displayName ?? '', active: ownerState === 'active', lastLogin }
      : null,
    firstSeenAt,
    changedAt: versionSince === firstSeenAt ? null : versionSince,
  };
}
