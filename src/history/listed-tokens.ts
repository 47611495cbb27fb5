import { ownerDomainsOf } from '../rules/judge.ts';
import type { ExternalReason, FindingOwner } from '../rules/owner.ts';
import { externalReason } from '../rules/owner-rules.ts';
import type { RegisterEntry } from '../rules/register.ts';
import type { KnownRole } from '../rules/role.ts';
import type { Database } from '../store/database.ts';
import type { FindingReaders } from '../store/findings.ts';
import { createRuns } from '../store/runs.ts';
import { prepare, type RowOf, text } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import { ageInDays } from '../time/duration.ts';
import { where } from './where.ts';

/** A token as the command `tokens` lists it. */
export interface ListedToken {
  id: string;
  name: string;
  type: string;
  enabled: boolean;
  createdAt: string;
  /** Whole days at the time of the run. */
  ageDays: number;
  membershipId: string | null;
  /** As of the run; null: the token has no owner, or the owner was unknown or missing. */
  owner: ListedOwner | null;
  /** What the account behind `membershipId` may do, even if nothing else is known about it; null: unknown, or no owner. */
  role: KnownRole | null;
  /** What the register said about it, as of the run; null: nothing. */
  register: RegisterEntry | null;
  /** Start of the first run that saw the token. */
  firstSeenAt: string;
  /** Start of the run that saw its last change; null: it has never changed. */
  changedAt: string | null;
}

export interface ListedOwner {
  userName: string;
  displayName: string;
  active: boolean;
  lastLogin: string | null;
  /** Why the account is external, by the settings of the run; null: it is not, or that is unknown. */
  external: ExternalReason | null;
  /** null: it is not known what the account may do. */
  role: KnownRole | null;
}

/** Which tokens to list. An empty filter lists all. */
export interface TokenFilter {
  type?: string | undefined;
  /** Only tokens that were stale as of the run. */
  stale?: boolean | undefined;
  /** Only tokens that this account owns. */
  membershipId?: string | undefined;
  limit?: number | undefined;
}

const listedTokenRow = { ...tokenRow, versionSince: text, firstSeenAt: text };

export function createListedTokens(
  db: Database,
  { owners, register }: FindingReaders,
): { tokens(runId: number, filter: TokenFilter): Generator<ListedToken>; tokenTypes(): string[] } {
  const runs = createRuns(db);
  const types = prepare(db, 'SELECT DISTINCT type FROM token_versions ORDER BY type').returningOne(text);
  return {
    tokenTypes: () => types.all(),
    *tokens(runId, { type, stale, membershipId, limit = -1 }) {
      const rows = prepare<[object]>(
        db,
        `SELECT ${tokenColumns('s')},
                since.started_at AS versionSince,
                (SELECT r.started_at
                   FROM token_versions AS v
                   JOIN runs AS r ON r.id = v.first_run_id
                  WHERE v.token_id = s.token_id
                  ORDER BY v.first_run_id
                  LIMIT 1) AS firstSeenAt
           FROM snapshots AS s
           JOIN runs AS since ON since.id = s.first_run_id
          WHERE s.run_id = @runId
            AND ${where([type, 's.type = @type'], [membershipId, 's.membership_id = @membershipId'], [stale, isStale])}
          ORDER BY s.created_at, s.token_id
          LIMIT @limit`,
      ).returning(listedTokenRow);
      const run = runs.find(runId);
      const asOf = { now: new Date(run?.startedAt ?? 0), domains: ownerDomainsOf(run?.settingsFingerprint ?? null) };
      for (const row of rows.iterate({ runId, type, membershipId, limit }))
        yield {
          ...toListed(row, owners.asOf(row.membershipId, runId), asOf),
          register: register.entryAsOf(row.tokenId, runId),
        };
    },
  };
}

const isStale = `EXISTS (SELECT 1
                           FROM conditions AS c
                          WHERE c.kind = 'token-stale'
                            AND c.subject = s.token_id
                            AND c.opened_run_id <= @runId
                            AND (c.resolved_run_id IS NULL OR c.resolved_run_id > @runId))`;

function toListed(
  row: RowOf<typeof listedTokenRow>,
  owner: FindingOwner | null,
  { now, domains }: { now: Date; domains: readonly string[] | null },
): Omit<ListedToken, 'register'> {
  const { firstSeenAt, versionSince } = row;
  return {
    ...toToken(row),
    ageDays: ageInDays(row.createdAt, now),
    owner: owner === null || owner.state === null || owner.state === 'missing' ? null : toListedOwner(owner, domains),
    role: owner?.role ?? null,
    firstSeenAt,
    changedAt: versionSince === firstSeenAt ? null : versionSince,
  };
}

function toListedOwner(owner: FindingOwner, domains: readonly string[] | null): ListedOwner {
  const reason = externalReason(owner, domains);
  return {
    userName: owner.userName ?? '',
    displayName: owner.displayName ?? '',
    active: owner.state === 'active',
    lastLogin: owner.lastLogin,
    external: reason === 'undecided' ? null : reason,
    role: owner.role,
  };
}
