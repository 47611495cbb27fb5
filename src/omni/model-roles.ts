import { z } from 'zod';
import { effectiveRole, type RoleAnswer } from '../rules/role.ts';
import { freshJson, type OmniHttp, pathSegment, undefinedIfNotFound } from './http.ts';
import { membershipId } from './omni-fields.ts';

const maxLength = 500;
// The database cannot store half of a surrogate pair, so a role with one would differ from what is stored.
const anyText = z
  .string()
  .max(maxLength)
  .transform((value) => value.toWellFormed());
const text = anyText.refine((value) => value !== '');

const modelRole = z.object({
  baseRole: text,
  roleName: anyText.nullish(),
  connectionId: text,
  modelId: text.nullish(),
  priority: z.number().nullish(),
  resolved: z.boolean(),
});

const modelRoles = z.object({ membershipId, results: z.array(modelRole) });

/** Returns the effective role of an account; null for Omni's own 404. An answer that we cannot read says nothing about it. */
export async function roleOf(http: OmniHttp, id: string, signal: AbortSignal): Promise<RoleAnswer | null> {
  const action = 'requesting the roles of an account';
  const path = `api/v1/users/${pathSegment(id, action)}/model-roles`;
  const response = await http.get(path, action, signal).catch(undefinedIfNotFound);
  if (response === undefined) return null;
  const { data, error } = modelRoles.safeParse(freshJson(response, action));
  if (error !== undefined) return { kind: 'unclear', why: `it is not in the expected format (${placeOf(error)})` };
  if (data.membershipId !== id) return { kind: 'unclear', why: 'it is about another account' };
  return effectiveRole(
    data.results.map(({ baseRole, roleName, connectionId, modelId, priority, resolved }) => ({
      baseRole,
      roleName: roleName || baseRole,
      connectionId,
      modelId: modelId ?? null,
      priority: priority ?? 0,
      resolved,
    })),
  );
}

/** Returns the first field that is wrong, such as `results.3.baseRole`. */
function placeOf({ issues: [issue] }: z.ZodError): string {
  return issue === undefined || issue.path.length === 0 ? 'not an object' : issue.path.join('.');
}
