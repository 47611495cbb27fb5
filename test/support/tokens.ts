import type { Token } from '../../src/rules/token.ts';

const firstCreation = Date.parse('2026-01-01T00:00:00.000Z');

export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** Returns a token. A higher number makes it younger. */
export function someToken(number: number, fields: Partial<Token> = {}): Token {
  return {
    id: uuid(number),
    name: `token ${number}`,
    type: 'personal',
    enabled: true,
    createdAt: new Date(firstCreation + number * 1000).toISOString(),
    membershipId: uuid(1_000_000 + number),
    ...fields,
  };
}

export function someTokens(count: number): Token[] {
  return Array.from({ length: count }, (_, index) => someToken(index + 1));
}

/** Returns an organization key, which has no owner. */
export function someKey(number: number, fields: Partial<Token> = {}): Token {
  return someToken(number, { type: 'organization', membershipId: null, ...fields });
}
