/** An API token, as Omni lists it. Source: `GET /api/v1/api-keys`. */
export interface Token {
  /** Omni's id. The parser rejects any id that is not safe in a URL and in a shell command. */
  id: string;
  /** Free text from a user: untrusted, not unique, possibly empty. */
  name: string;
  /** `organization`, `personal`, `mcp`, or a type that Omni introduced later. */
  type: string;
  enabled: boolean;
  /** In UTC as ISO 8601, with milliseconds. */
  createdAt: string;
  /** The owner's membership id; null for organization tokens. */
  membershipId: string | null;
}

/** A token of a known owner. */
export type OwnersToken = Omit<Token, 'membershipId'>;

export const knownTokenTypes = ['organization', 'personal', 'mcp'] as const;
export type KnownTokenType = (typeof knownTokenTypes)[number];

export function isKnownTokenType(type: string): type is KnownTokenType {
  return (knownTokenTypes as readonly string[]).includes(type);
}

/** The largest page of tokens that Omni returns. */
export const tokensPerPage = 100;
