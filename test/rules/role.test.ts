import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type EffectiveRole,
  effectiveRole,
  isRaised,
  type ModelRole,
  nextMeasure,
  type RoleMeasure,
} from '../../src/rules/role.ts';

/** Returns an effective role on one connection, unless the fields say otherwise. Its name is its base role in lower case. */
function on(connectionId: string, baseRole: string, fields: Partial<ModelRole> = {}): ModelRole {
  const roleName = baseRole.toLowerCase();
  return { baseRole, roleName, connectionId, modelId: null, priority: 0, resolved: true, ...fields };
}

/** Shortens a role to `name (base role) on its number of connections`, with the names of the roles that we do not know. */
function inShort(entries: readonly ModelRole[]): string {
  const answer = effectiveRole(entries);
  if (answer.kind === 'unclear') return `unclear: ${answer.why}`;
  const { name, baseRole, connections, unknownRoles } = answer.role;
  return [`${name} (${baseRole}) on ${connections}`, ...unknownRoles].join(' + ');
}

describe('the effective role of an account', () => {
  const contradiction = 'unclear: it names two effective roles for one model';
  const nothing = 'unclear: it names no effective role';
  const readings: [what: string, entries: ModelRole[], role: string][] = [
    ['is its only one', [on('a', 'VIEWER')], 'viewer (VIEWER) on 1'],
    [
      'is the most permissive one of several connections',
      [on('a', 'QUERY_TOPICS'), on('b', 'MODELER'), on('c', 'QUERIER'), on('d', 'VIEWER')],
      'modeler (MODELER) on 1',
    ],
    [
      'counts the connections on which it has it, each once',
      [
        on('a', 'QUERIER'),
        on('b', 'QUERIER', { modelId: 'm' }),
        on('b', 'QUERIER', { modelId: 'n' }),
        on('c', 'VIEWER'),
      ],
      'querier (QUERIER) on 2',
    ],
    ['may be no access', [on('a', 'NO_ACCESS')], 'no_access (NO_ACCESS) on 1'],
    [
      'ignores the entries that only show where roles come from',
      [on('a', 'CONNECTION_ADMIN', { resolved: false }), on('a', 'VIEWER'), on('a', 'NO_ACCESS', { resolved: false })],
      'viewer (VIEWER) on 1',
    ],
    [
      'may differ between a connection and one of its models',
      [on('a', 'VIEWER'), on('a', 'MODELER', { modelId: 'm' })],
      'modeler (MODELER) on 1',
    ],
    [
      'is not decided by the priority when we know its base role',
      [on('a', 'VIEWER', { priority: 900 }), on('b', 'QUERIER', { priority: 1 })],
      'querier (QUERIER) on 1',
    ],
    [
      'has the name with the highest priority, or else the first by alphabet',
      [on('a', 'QUERIER', { roleName: 'Z' }), on('b', 'QUERIER', { roleName: 'Analyst' })],
      'Analyst (QUERIER) on 2',
    ],
    [
      'may be stated twice for the same model',
      [on('a', 'QUERIER'), on('a', 'QUERIER', { roleName: 'analyst' })],
      'analyst (QUERIER) on 1',
    ],
    ['may be one that we do not know', [on('a', 'OWNER')], 'owner (OWNER) on 1'],
    [
      'is the one with the highest priority when we know none',
      [on('a', 'OWNER', { priority: 5 }), on('b', 'SCRIBE', { priority: 7 }), on('c', 'ANGEL', { priority: 5 })],
      'scribe (SCRIBE) on 1 + angel + owner',
    ],
    [
      'names each unknown role once, even if it is more permissive by its priority',
      [
        on('a', 'NO_ACCESS'),
        on('b', 'OWNER', { priority: 900 }),
        on('c', 'OWNER'),
        on('d', 'ANGEL', { resolved: false }),
      ],
      'no_access (NO_ACCESS) on 1 + owner',
    ],
    ['is unclear without any entry', [], nothing],
    ['is unclear when no entry is effective', [on('a', 'MODELER', { resolved: false })], nothing],
    ['is unclear when a connection has two', [on('a', 'VIEWER'), on('b', 'VIEWER'), on('a', 'MODELER')], contradiction],
    [
      'is unclear when a model has two',
      [on('a', 'MODELER', { modelId: 'm' }), on('a', 'OWNER', { modelId: 'm' })],
      contradiction,
    ],
  ];
  for (const [what, entries, role] of readings) {
    test(what, () => {
      assert.equal(inShort(entries), role);
      assert.equal(inShort(entries.toReversed()), role, 'it depends on the order');
    });
  }
});

/** Returns the role that one entry for each connection makes, such as `CONNECTION_ADMIN*2 OWNER`. */
function roleFrom(text: string): EffectiveRole {
  const entries = text.split(' ').flatMap((part) => {
    const [baseRole = '', count = '1'] = part.split('*');
    return Array.from({ length: Number(count) }, (_, index) => on(`${baseRole} ${index}`, baseRole));
  });
  const answer = effectiveRole(entries);
  assert.ok(answer.kind === 'role');
  return answer.role;
}

/** Returns those of the roles that a run reports as raised, when it learns one after the other. */
function raises(...roles: readonly string[]): string[] {
  let measure: RoleMeasure | null = null;
  return roles.filter((text) => {
    const role = roleFrom(text);
    const wasRaised = isRaised(measure, role);
    measure = nextMeasure(measure, role);
    return wasRaised;
  });
}

describe('a role', () => {
  const histories: [what: string, roles: string[], raised: string[]][] = [
    ['is not raised when it is the first known one', ['CONNECTION_ADMIN*9'], []],
    [
      'is raised with each step up to a connection administrator',
      ['NO_ACCESS', 'VIEWER', 'QUERY_TOPICS', 'QUERIER', 'MODELER', 'CONNECTION_ADMIN'],
      ['VIEWER', 'QUERY_TOPICS', 'QUERIER', 'MODELER', 'CONNECTION_ADMIN'],
    ],
    ['is not raised when it stays or falls', ['MODELER', 'MODELER', 'VIEWER', 'NO_ACCESS'], []],
    ['is raised again after it fell', ['MODELER', 'VIEWER', 'QUERIER', 'MODELER'], ['QUERIER', 'MODELER']],
    ['is raised when it rises, even on fewer connections', ['QUERIER*5', 'MODELER VIEWER*4'], ['MODELER VIEWER*4']],
    ['is not raised by more connections below a connection administrator', ['MODELER', 'MODELER*7'], []],
    [
      'of a connection administrator is raised by more connections',
      ['CONNECTION_ADMIN', 'CONNECTION_ADMIN*2', 'CONNECTION_ADMIN*2 MODELER'],
      ['CONNECTION_ADMIN*2'],
    ],
    [
      'of a connection administrator is raised by connections that were taken away and come back',
      ['CONNECTION_ADMIN*3', 'CONNECTION_ADMIN*2', 'CONNECTION_ADMIN*3'],
      ['CONNECTION_ADMIN*3'],
    ],
    ['is not raised to one that we do not know', ['NO_ACCESS', 'OWNER*9'], []],
    ['is not raised by a known one after only unknown ones', ['OWNER', 'CONNECTION_ADMIN'], []],
    ['is not raised when it is known again', ['MODELER', 'OWNER', 'ANGEL', 'MODELER', 'MODELER OWNER'], []],
    ['is not raised when it is known again, but lower', ['MODELER', 'OWNER', 'QUERIER', 'QUERIER'], []],
    ['is raised when it is known again, and higher', ['QUERIER', 'OWNER', 'MODELER'], ['MODELER']],
    ['is measured from a lower one once that is known', ['MODELER', 'OWNER', 'VIEWER', 'MODELER'], ['MODELER']],
    ['may hide a known one behind unknown ones', ['MODELER', 'VIEWER OWNER', 'MODELER'], []],
    ['is raised among unknown ones once', ['VIEWER', 'MODELER OWNER', 'OWNER', 'MODELER'], ['MODELER OWNER']],
    [
      'of a connection administrator may hide connections behind unknown ones',
      ['CONNECTION_ADMIN*3', 'CONNECTION_ADMIN OWNER*2', 'CONNECTION_ADMIN*3', 'CONNECTION_ADMIN*4'],
      ['CONNECTION_ADMIN*4'],
    ],
    [
      'is measured by a known one among unknown ones when it is the first',
      ['QUERIER OWNER', 'QUERIER', 'MODELER'],
      ['MODELER'],
    ],
  ];
  for (const [what, roles, raised] of histories) {
    test(what, () => {
      assert.deepEqual(raises(...roles), raised);
    });
  }
});
