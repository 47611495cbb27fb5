import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { UserList } from '../rules/owner.ts';
import type { OmniApi, User, UserPage } from './api.ts';
import { freshJson, type OmniHttp, parseResponse, pathSegment, undefinedIfNotFound } from './http.ts';
import { unexpectedShape } from './omni-errors.ts';
import { membershipId, omniInstant } from './omni-fields.ts';

const paths: Record<UserList, string> = { regular: 'api/scim/v2/users', embed: 'api/scim/v2/embed/users' };
const pageSize = 100;

/** Omni's extension of the SCIM user schema. */
const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';

const lastLogin = omniInstant.nullish();

const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? '');

const scimUser = z.object({
  id: membershipId,
  userName: text,
  displayName: text,
  // If it is absent or unreadable, only this user is unknown.
  active: z.boolean().nullish().catch(null),
  // Documented, but missing from the OpenAPI document. If it is unreadable, the last login is unknown.
  [extension]: z.object({ lastLogin }).nullish().catch(null),
});

const scimPage = z.object({
  // Absent when there are no users (RFC 7644 3.4.2).
  Resources: z.array(scimUser).default([]),
  totalResults: z.int().nonnegative(),
  // Where the page begins, counted from 1 (RFC 7644 3.4.2.4).
  startIndex: z.int().nullish(),
});

/** Reads the two lists of users. It remembers whether this instance spells the path `users` or `Users`, because Omni's documents disagree. */
export function createUserLists(http: OmniHttp): Pick<OmniApi, 'userPage' | 'user'> {
  const spellings = new Map<UserList, string>();

  async function requestPage(list: UserList, path: string, startIndex: number, signal: AbortSignal): Promise<UserPage> {
    const action = `listing ${list} users, page ${Math.ceil(startIndex / pageSize)},`;
    const response = await http.get(`${path}?count=${pageSize}&startIndex=${startIndex}`, action, signal);
    const {
      Resources,
      totalResults,
      startIndex: begins,
    } = parseResponse(scimPage, freshJson(response, action), action);
    if (begins !== null && begins !== undefined && begins !== startIndex) {
      throw unexpectedShape(`startIndex: ${begins}, but we asked for ${startIndex}`, action);
    }
    if (Resources.length > pageSize) {
      throw unexpectedShape(`Resources: ${Resources.length} users, but we asked for ${pageSize}`, action);
    }
    return { users: Resources.map(toUser), totalResults };
  }

  return {
    async userPage(list, startIndex, signal) {
      const known = spellings.get(list);
      if (known !== undefined) return await requestPage(list, known, startIndex, signal);
      let path = paths[list];
      const page = await requestPage(list, path, startIndex, signal).catch((error: unknown) => {
        if (!(error instanceof OmniError && error.status === 404)) throw error;
        path = path.replace(/users$/, 'Users');
        return requestPage(list, path, startIndex, signal);
      });
      spellings.set(list, path);
      return page;
    },
    async user(list, membershipId, signal) {
      const action = 'looking up a user by id';
      const path = `${spellings.get(list) ?? paths[list]}/${pathSegment(membershipId, action)}`;
      const response = await http.get(path, action, signal).catch(undefinedIfNotFound);
      if (response === undefined) return null;
      const user = toUser(parseResponse(scimUser, freshJson(response, action), action));
      if (user.membershipId !== membershipId) throw unexpectedShape('id: expected the user that was requested', action);
      return user;
    },
  };
}

function toUser({ id, userName, displayName, active, ...more }: z.infer<typeof scimUser>): User {
  if (typeof active !== 'boolean') return { membershipId: id, owner: null };
  const lastLogin = more[extension]?.lastLogin ?? null;
  return { membershipId: id, owner: { membershipId: id, userName, displayName, active, lastLogin } };
}
