import type { Token } from '../rules/token.ts';
import { boolean, columnsOf, nullable, type RowOf, text } from './statement.ts';

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
export const tokenColumns = (alias: string): string => columnsOf(alias, tokenRow);

export function toToken({ tokenId, name, type, enabled, createdAt, membershipId }: TokenRow): Token {
  return { id: tokenId, name, type, enabled, createdAt, membershipId };
}
