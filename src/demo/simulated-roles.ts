import { refusal, type SimulatedAnswer, success } from './simulated-answer.ts';

/** One entry of the model roles of a user. */
export interface SimulatedRole {
  baseRole: string;
  roleName: string;
  connectionId: string;
  modelId: string | null;
  priority: number;
  resolved: boolean;
  from: { type: string; name?: string };
}

const priorities = ['NO_ACCESS', 'VIEWER', 'QUERY_TOPICS', 'QUERIER', 'MODELER', 'CONNECTION_ADMIN'];

/** Returns the effective role on each of some connections, and where it comes from. */
export function rolesOn(
  connections: readonly string[],
  baseRole: string,
  roleName = titleOf(baseRole),
): SimulatedRole[] {
  return connections.flatMap((connectionId) => {
    const role = { baseRole, roleName, connectionId, modelId: null, priority: 100 * priorities.indexOf(baseRole) };
    return [
      { ...role, resolved: true, from: { type: 'USER' } },
      { ...role, baseRole: 'NO_ACCESS', roleName: 'No Access', priority: 0, resolved: false, from: { type: 'BASE' } },
    ];
  });
}

const standardRoles = rolesOn(['3b6f2a10-5c1d-4e8a-9f27-64a1d0c7e512'], 'QUERIER');

/** A member of the organisation, by its membership id. */
type Member = { id: string; roles?: SimulatedRole[] };

/** Answers `GET /api/v1/users/{membershipId}/model-roles`. A user without roles of its own is a querier on one connection. */
export function getModelRoles(users: readonly Member[], membershipId: string): SimulatedAnswer {
  const user = users.find(({ id }) => id.toLowerCase() === membershipId.toLowerCase());
  if (user === undefined) return refusal(404, 'User not found');
  return success({ membershipId: user.id, results: user.roles ?? standardRoles });
}

function titleOf(baseRole: string): string {
  if (baseRole === 'QUERY_TOPICS') return 'Restricted Querier';
  return baseRole
    .split('_')
    .map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`)
    .join(' ');
}
