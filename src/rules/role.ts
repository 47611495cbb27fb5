/** One entry of Omni's model roles. Source: `GET /api/v1/users/{membershipId}/model-roles`. */
export interface ModelRole {
  /** What the role may do: one of `baseRoles`, or text that this version does not know. */
  baseRole: string;
  /** Untrusted text: a role may be a customer's own. */
  roleName: string;
  connectionId: string;
  /** null: the role applies to the whole connection. */
  modelId: string | null;
  /** Higher for more permissive roles; 0 if Omni does not say. */
  priority: number;
  /** True for the effective role on this connection and model. The others only show where roles come from. */
  resolved: boolean;
}

/** Omni's base roles, least permissive first. */
export const baseRoles = ['NO_ACCESS', 'VIEWER', 'QUERY_TOPICS', 'QUERIER', 'MODELER', 'CONNECTION_ADMIN'] as const;
export type BaseRole = (typeof baseRoles)[number];
const connectionAdmin: BaseRole = 'CONNECTION_ADMIN';

/** What an account may do, and so its tokens: its most permissive role, and on how many connections it has it. */
export interface EffectiveRole {
  /** The highest base role that this version knows; if it knows none of them, the one with the highest priority. */
  baseRole: string;
  /** Untrusted text. */
  name: string;
  /** The number of connections on which it has this base role. */
  connections: number;
  /** The names of its other roles whose base role this version does not know. */
  unknownRoles: string[];
}

/** An effective role as the history knows it. */
export type KnownRole = EffectiveRole & {
  /** Start of the run that last confirmed it, in UTC as ISO 8601. */
  asOf: string;
  /** The base role of the measure of raises, which a role that this version does not know does not lower; null: none. */
  measureBaseRole: string | null;
};

/** An answer of Omni about one account. `why`: why it does not say what the account may do. */
export type RoleAnswer = { kind: 'role'; role: EffectiveRole } | { kind: 'unclear'; why: string };

/**
 * Returns the effective role of an account. An answer that names none, or two for the same connection and model, says
 * nothing, because half an answer looks like that of an account without roles.
 */
export function effectiveRole(entries: readonly ModelRole[]): RoleAnswer {
  const effective = entries.filter(({ resolved }) => resolved);
  const byPlace = new Map<string, string>();
  for (const { connectionId, modelId, baseRole } of effective) {
    const place = JSON.stringify([connectionId, modelId]);
    const other = byPlace.get(place) ?? baseRole;
    if (other !== baseRole) return { kind: 'unclear', why: 'it names two effective roles for one model' };
    byPlace.set(place, baseRole);
  }
  const [top] = effective.toSorted(comparePermissions);
  if (top === undefined) return { kind: 'unclear', why: 'it names no effective role' };
  const { baseRole, roleName: name } = top;
  const connections = effective.filter((role) => role.baseRole === baseRole).map(({ connectionId }) => connectionId);
  const unknown = effective.filter((role) => rankOf(role.baseRole) === -1 && role.baseRole !== baseRole);
  const unknownRoles = [...new Set(unknown.map(({ roleName }) => roleName))].sort();
  return { kind: 'role', role: { baseRole, name, connections: new Set(connections).size, unknownRoles } };
}

/** Most permissive first: known base roles by rank, then all others by priority; alike ones by name. */
function comparePermissions(a: ModelRole, b: ModelRole): number {
  return (
    rankOf(b.baseRole) - rankOf(a.baseRole) ||
    b.priority - a.priority ||
    (a.baseRole < b.baseRole ? -1 : Number(a.baseRole > b.baseRole)) ||
    (a.roleName < b.roleName ? -1 : Number(a.roleName > b.roleName))
  );
}

function rankOf(baseRole: string): number {
  return (baseRoles as readonly string[]).indexOf(baseRole);
}

/** What raises are measured against: the most that an account is known to have been allowed. */
export type RoleMeasure = Pick<EffectiveRole, 'baseRole' | 'connections'>;

/**
 * Returns what the next raise is measured against. A role that this version does not know may hide a known one, so it
 * never lowers the measure.
 *
 * @param before the measure so far; null: there is none
 */
export function nextMeasure(before: RoleMeasure | null, role: EffectiveRole): RoleMeasure | null {
  const isKnown = rankOf(role.baseRole) !== -1;
  const now = isKnown ? { baseRole: role.baseRole, connections: role.connections } : null;
  if (isKnown && role.unknownRoles.length === 0) return now;
  if (before === null || now === null) return before ?? now;
  const difference = rankOf(now.baseRole) - rankOf(before.baseRole) || now.connections - before.connections;
  return difference > 0 ? now : before;
}

/** Returns whether an account may do more than before: its highest base role is higher, or it administers more connections. */
export function isRaised(before: RoleMeasure | null, role: EffectiveRole): boolean {
  if (before === null) return false;
  const rise = rankOf(role.baseRole) - rankOf(before.baseRole);
  return rise > 0 || (rise === 0 && role.baseRole === connectionAdmin && role.connections > before.connections);
}

/** Returns whether an account is known to administer a connection. */
export function isConnectionAdmin(role: Pick<KnownRole, 'measureBaseRole'> | null): boolean {
  return role?.measureBaseRole === connectionAdmin;
}

/** What a run learned about the roles of owners. */
export interface LearnedRoles {
  /** The membership ids that it asked about, including those without a usable answer. */
  asked: readonly string[];
  /** The effective role of each membership id that Omni answered for. */
  answers: ReadonlyMap<string, EffectiveRole>;
  /** Why an answer could not be used; null: all could. */
  problem: RolesProblem | null;
}

/** Why roles could not be read, and what an operator can do about it. */
export interface RolesProblem {
  problem: string;
  hint: string;
}

const lookupMinutes = 5;

/** Returns the maximum number of owners that a run asks about: five minutes' worth of requests. */
export function maxRoleLookups(requestsPerMinute: number): number {
  return lookupMinutes * requestsPerMinute;
}

/** The time limit for asking, in ms. It is a few seconds less than five minutes, so that no audit takes five minutes longer. */
export const maxRoleLookupMs = lookupMinutes * 60_000 - 5_000;
