import { refusal, type SimulatedAnswer, success } from './simulated-answer.ts';
import { compareText } from './simulated-order.ts';
import type { SimulatedRole } from './simulated-roles.ts';

/** A member of the organisation. `id` is the membership id. Only the embed endpoint lists users with `embed`. */
export interface SimulatedUser {
  id: string;
  userName: string;
  displayName: string;
  active: boolean;
  created: string;
  /** Null or absent: unknown. If absent, the answer leaves the field out. */
  lastLogin?: string | null;
  embed?: { entity: string; externalId: string };
  /** True: no list shows the user, who can only be read by id. */
  isHidden?: boolean;
  /** What the user may do. */
  roles?: SimulatedRole[];
}

const defaultCount = 100;
const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
const omniExtension = 'urn:omni:params:scim:schemas:extension:user:2.0';

/** Answers `GET /api/scim/v2/users` and `/embed/users`. `users` are those of the requested endpoint. */
export function listScimUsers(users: SimulatedUser[], parameters: URLSearchParams): SimulatedAnswer {
  const count = parseInteger(parameters.get('count'), defaultCount);
  const startIndexAsked = parseInteger(parameters.get('startIndex'), 1);
  if (count === undefined || startIndexAsked === undefined) {
    return refusal(400, 'count and startIndex must be whole numbers');
  }
  const filter = parameters.get('filter');
  const userName = filter === null ? undefined : /^userName eq "([^"]*)"$/i.exec(filter)?.[1];
  if (filter !== null && userName === undefined) {
    return refusal(400, 'filter must have the form userName eq "value"');
  }

  const matching = users
    .filter((user) => user.isHidden !== true)
    .filter((user) => userName === undefined || user.userName.toLowerCase() === userName.toLowerCase())
    .sort((a, b) => compareText(a.created, b.created) || compareText(a.id, b.id));
  // RFC 7644 3.4.2.4: a start below 1 means 1, a negative count means 0.
  const startIndex = Math.max(1, startIndexAsked);
  const page = matching.slice(startIndex - 1, startIndex - 1 + Math.max(0, count));
  return success({
    Resources: page.map(toResource),
    itemsPerPage: page.length,
    startIndex,
    totalResults: matching.length,
    schemas: [listSchema],
  });
}

export function getScimUser(users: SimulatedUser[], id: string): SimulatedAnswer {
  const user = users.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  return user === undefined ? refusal(404, 'User not found') : success(toResource(user));
}

function toResource(user: SimulatedUser): Record<string, unknown> {
  const { id, userName, displayName, active, created, lastLogin, embed } = user;
  return {
    id,
    userName,
    displayName,
    active,
    emails: [{ value: userName, primary: true }],
    groups: [],
    meta: { created, lastModified: created },
    schemas: [userSchema],
    ...(lastLogin === undefined ? {} : { [omniExtension]: { lastLogin } }),
    ...(embed === undefined ? {} : { embedEntity: embed.entity, embedExternalId: embed.externalId }),
  };
}

function parseInteger(text: string | null, fallback: number): number | undefined {
  if (text === null) {
    return fallback;
  }
  return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}
