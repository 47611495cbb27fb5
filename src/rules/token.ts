/** One API token as Omni lists it. Source: `GET /api/v1/api-keys`. */
export interface Token {
  /** Omni's id. Safe in a URL and in a shell word: the parser lets nothing else through. */
  id: string;
  /** Free text that a user chose: untrusted, not unique, possibly empty. */
  name: string;
  /** `organization`, `personal`, `mcp`, or a type that Omni introduced since. */
  type: string;
  enabled: boolean;
  /** UTC ISO-8601 with milliseconds. */
  createdAt: string;
  /** The owner's membership id; null for organization tokens. */
  membershipId: string | null;
}

/** One of the tokens of an owner. */
export type OwnersToken = Omit<Token, 'membershipId'>;

export const knownTokenTypes = ['organization', 'personal', 'mcp'] as const;
export type KnownTokenType = (typeof knownTokenTypes)[number];

export function isKnownTokenType(type: string): type is KnownTokenType {
  return (knownTokenTypes as readonly string[]).includes(type);
}

/** The largest page of tokens that Omni gives. */
export const tokensPerPage = 100;
