import type { Token } from '../rules/token.ts';

/** A token as SQLite holds it. */
export interface TokenRow {
  tokenId: string;
  name: string;
  type: string;
  enabled: number;
  createdAt: string;
  membershipId: string | null;
}

/** For SELECT lists over `token_versions` or `snapshots`; `table` is its alias. */
export function tokenColumns(table: string): string {
  return `${table}.token_id AS tokenId, ${table}.name, ${table}.type, ${table}.enabled, ${table}.created_at AS createdAt,
         ${table}.membership_id AS membershipId`;
}

export function toToken(row: TokenRow): Token {
  return {
    id: row.tokenId,
    name: row.name,
    type: row.type,
    enabled: row.enabled === 1,
    createdAt: row.createdAt,
    membershipId: row.membershipId,
  };
}
