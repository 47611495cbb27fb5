import type { Token } from '../rules/token.ts';
import { boolean, nullable, type RowOf, text } from './statement.ts';

/** A token as `tokenColumns` selects it. */
export const tokenRow = {
  tokenId: text,
  name: text,
  type: text,
  enabled: boolean,
  createdAt: text,
  membershipId: nullable(text),
};
export type TokenRow = RowOf<typeof tokenRow>;

/** The columns of `tokenRow`, of the table with that alias. */
export function tokenColumns(alias: string): string {
  return `${alias}.token_id AS tokenId, ${alias}.name, ${alias}.type, ${alias}.enabled, ${alias}.created_at AS createdAt,
         ${alias}.membership_id AS membershipId`;
}

export function toToken({ tokenId, name, type, enabled, createdAt, membershipId }: TokenRow): Token {
  return { id: tokenId, name, type, enabled: Boolean(enabled), createdAt, membershipId };
}
