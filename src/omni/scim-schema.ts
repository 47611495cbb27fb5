import { z } from 'zod';
import type { Owner } from '../rules/owner.ts';

/** Omni's own part of a SCIM user. */
const extension = 'urn:omni:params:scim:schemas:extension:user:2.0';

/** The documentation has it, the specification has not; what cannot be read is unknown. */
const lastLogin = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value).toISOString())
  .nullish()
  .catch(null);

const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? '');

const scimUser = z.object({
  id: z.string().min(1),
  userName: text,
  displayName: text,
  // Absent or odd: nothing is concluded about this one user.
  active: z.boolean().nullish().catch(null),
  [extension]: z.object({ lastLogin }).nullish().catch(null),
});

export type ScimUser = z.infer<typeof scimUser>;

/** One page of `GET /api/scim/v2/users` or of its embed twin. */
export const scimPage = z.object({
  // RFC 7644 3.4.2: absent where there are none.
  Resources: z.array(scimUser).default([]),
  totalResults: z.int().nonnegative(),
});

export type ScimPage = z.infer<typeof scimPage>;

/** `GET /api/scim/v2/users/{id}` */
export const scimUserAnswer = scimUser;

/** null: it does not say whether the account is active. */
export function toOwner(user: ScimUser): Owner | null {
  const { id: membershipId, userName, displayName, active } = user;
  if (typeof active !== 'boolean') return null;
  return { membershipId, userName, displayName, active, lastLogin: user[extension]?.lastLogin ?? null };
}
