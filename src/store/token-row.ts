import type { Token } from '../domain/token.ts';

/** A token as SQLite holds it. */
export interface TokenRow {
  tokenId: string;
  name: string;
  type: string;
  enabled: number;
  createdAt: string;
  membershipId: string | null;
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
