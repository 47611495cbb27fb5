import type { FindingOwner } from '../rules/owner.ts';
import type { BaseRole, EffectiveRole } from '../rules/role.ts';
import { quoted } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import { ageInDays } from '../time/duration.ts';

const words: Record<BaseRole, string> = {
  NO_ACCESS: 'no access',
  VIEWER: 'viewer',
  QUERY_TOPICS: 'restricted querier',
  QUERIER: 'querier',
  MODELER: 'modeler',
  CONNECTION_ADMIN: 'connection admin',
};

/** `connection admin on 2 connections`. A role of the customer's own is named, too. */
export function roleText(
  { baseRole, name, connections }: Omit<EffectiveRole, 'unknownRoles'>,
  show = quotedRole,
): string {
  const on = `on ${plural(connections, 'connection')}`;
  const word = wordFor(baseRole);
  if (word === null) return `${unknownText([name], show)} ${on}`;
  const isOwnName = ![word, baseRole].some((known) => fold(known) === fold(name));
  return `${word}${isOwnName ? ` (${show(name)})` : ''} ${on}`;
}

/**
 * `connection admin on 2 connections, as of 3 days ago`: what a token can do. null: that is not known.
 *
 * @param now the time of the run
 * @param show puts the name of a role, which is untrusted text, in quotes
 */
export function tokenRole(
  type: string,
  owner: Pick<FindingOwner, 'role'> | null,
  now: Date,
  show = quotedRole,
): string | null {
  // Omni gives every organization key these rights.
  if (type === 'organization') return 'organization admin';
  const role = owner?.role ?? null;
  if (role === null) return null;
  const also = role.unknownRoles.length === 0 ? '' : `, and as ${unknownText(role.unknownRoles, show)}`;
  return `${roleText(role, show)}${also}, as of ${ageText(role.asOf, now)}`;
}

/**
 * `Acts as connection admin on 2 connections, as of 3 days ago`. What the tokens of a deactivated or missing account
 * can do is not documented, so only its last role is named.
 */
export function roleSentence(
  type: string,
  owner: Pick<FindingOwner, 'role' | 'state'> | null,
  now: Date,
): string | null {
  const role = tokenRole(type, owner, now);
  if (role === null) return null;
  if (owner?.state === 'deactivated' || owner?.state === 'missing') return `Last role: ${role}`;
  return `${owner?.role?.baseRole === 'NO_ACCESS' ? 'Has' : 'Acts as'} ${role}`;
}

const maxRoleName = 40;

function quotedRole(name: string): string {
  return quoted(name, maxRoleName);
}

const maxUnknown = 3;

/** Roles whose base role this version does not know, by name. */
function unknownText(names: readonly string[], show: (name: string) => string): string {
  const shown = names.slice(0, maxUnknown).map((name) => show(name));
  const more = names.length > maxUnknown ? ` and ${names.length - maxUnknown} more` : '';
  return `${shown.join(', ')}${more} (${names.length === 1 ? 'a role' : 'roles'} that this version does not know)`;
}

function wordFor(baseRole: string): string | null {
  return Object.hasOwn(words, baseRole) ? words[baseRole as BaseRole] : null;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, ' ');
}

function ageText(asOf: string, now: Date): string {
  const days = ageInDays(asOf, now);
  if (days > 0) return `${plural(days, 'day')} ago`;
  return Date.parse(asOf) === now.getTime() ? 'this audit' : 'less than a day ago';
}
