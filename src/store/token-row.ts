import type { Token } from '../rules/token.ts';
import { boolean, columnsOf, nullable, type RowOf, text } from './statement.ts';

/** A token as selected with `tokenColumns`. */
export const tokenRow = {
  tokenId: text,
  name: text,
  type: text,
  enabled: boolean,
  createdAt: text,
  membershipId: nullable(text),
};
export type TokenRow = RowOf<typeof tokenRow>;

/** Returns the SQL that selects the columns of `tokenRow` from the table with this alias. */
export const tokenColumns = (alias: string): string => columnsOf(alias, tokenRow);

export function toToken({ tokenId, name, type, enabled, createdAt, membershipId }: TokenRow): Token {
  return { id: tokenId, name, type, enabled, createdAt, membershipId };
}
