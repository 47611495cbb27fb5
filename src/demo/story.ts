import { createHash } from 'node:crypto';
import { msPerDay } from '../time/duration.ts';
import type { SimulatedOrganisation, SimulatedToken, SimulatedUser } from './omni-simulator.ts';
import { rolesOn } from './simulated-roles.ts';

/** A realistic organisation, and what happens to it overnight. */
export interface Story {
  organisation: SimulatedOrganisation;
  /** The worker's own credential. */
  apiToken: string;
  /** Makes the overnight changes to `organisation`, in place. */
  applyOvernightChanges(): void;
}

const teams = ['finance', 'growth', 'data platform', 'customer success', 'security', 'logistics'];
const firstNames = ['Ada', 'Bram', 'Chiara', 'Dmitri', 'Elif', 'Farah', 'Goran', 'Hana', 'Ivo', 'Jun', 'Kofi', 'Lena'];
const lastNames = ['Okafor', 'Lindqvist', 'Marin', 'Sato', 'Novak', 'Haddad', 'Brandt', 'Castillo'];
const organizationKeys = [
  'CI deployment key',
  'dbt Cloud sync',
  'Airflow nightly refresh',
  'Embed portal signing',
  'Terraform provider',
  'Reverse ETL',
  'Status page probe',
  'Data catalogue crawler',
  'Warehouse cost export',
  'Slack digest bot',
];
const personalPurposes = ['laptop', 'notebook', 'migration script', 'ad-hoc export', 'omni CLI', 'report scheduler'];
/** The last role is the one that most people have. */
const baseRoles = ['CONNECTION_ADMIN', 'MODELER', 'VIEWER', 'QUERIER'];
const connections = ['3b6f2a10-5c1d-4e8a-9f27-64a1d0c7e512', '9d41c7e8-0b52-4a67-8c3e-f21b7a905d36'];
const mcpClients = ['Claude', 'Cursor', 'ChatGPT', 'VS Code'];

/** @param morning the time of the second audit, from which ages are counted back */
export function createStory(morning: Date): Story {
  const users = makeUsers(morning);
  const tokens = [
    ...makeOrganizationKeys(morning),
    ...makePersonalTokens(users, morning),
    ...makeGrants(users, morning),
  ];
  const tokenNamed = (name: string): SimulatedToken => {
    const found = tokens.find((token) => token.name === name);
    if (found === undefined) throw new Error(`the story has no token ${name}`);
    return found;
  };
  return {
    organisation: { tokens, users },
    apiToken: 'demo-token-of-the-auditor',
    applyOvernightChanges() {
      tokens.push(makeToken('organization', 'Partner data share', null, new Date(morning.getTime() - 8.4 * 3_600_000)));
      tokenNamed('Warehouse cost export').enabled = false;
      tokenNamed('Legacy BI bridge').enabled = true;
      tokens.splice(tokens.indexOf(tokenNamed('Chiara’s migration script')), 1);
      pick(users, 40).active = false;
      // Somebody replaces this key with a new one of the same name.
      tokens.splice(tokens.indexOf(tokenNamed('Terraform provider')), 1);
      tokens.push(makeToken('organization', 'Terraform provider', null, new Date(morning.getTime() - 9.1 * 3_600_000)));
      tokens.push(makeToken('mcp', 'Perplexity', pick(users, 3).id, new Date(morning.getTime() - 7.2 * 3_600_000)));
      pick(users, 5).roles = rolesOn(connections, 'CONNECTION_ADMIN');
      // The token that crosses 180 days needs no change.
    },
  };
}

function makeUsers(morning: Date): SimulatedUser[] {
  return Array.from({ length: 90 }, (_, index) => {
    const first = pick(firstNames, index);
    const last = pick(lastNames, Math.floor(index / firstNames.length));
    return {
      id: uuidOf(`user ${index}`),
      userName: `${first}.${last}@acme.example`.toLowerCase(),
      displayName: `${first} ${last}`,
      active: true,
      created: daysBefore(morning, 700 - index * 6),
      lastLogin: daysBefore(morning, 1 + (index % 20)),
      roles: rolesOn(connections.slice(index % 2), baseRoles[index % 11] ?? 'QUERIER'),
    };
  });
}

function makeOrganizationKeys(morning: Date): SimulatedToken[] {
  const keys = organizationKeys.map((name, index) =>
    makeToken('organization', name, null, new Date(morning.getTime() - (12 + index * 7.3) * msPerDay)),
  );
  const legacy = makeToken('organization', 'Legacy BI bridge', null, new Date(morning.getTime() - 60.5 * msPerDay));
  // Becomes 180 days old a few hours before the second audit, so it is still younger at the first.
  const crossing = makeToken(
    'organization',
    'Nightly board export',
    null,
    new Date(morning.getTime() - 180.3 * msPerDay),
  );
  const ancient = makeToken(
    'organization',
    'Proof of concept 2024',
    null,
    new Date(morning.getTime() - 512.2 * msPerDay),
  );
  return [...keys, { ...legacy, enabled: false }, crossing, ancient];
}

function makePersonalTokens(users: readonly SimulatedUser[], morning: Date): SimulatedToken[] {
  const tokens = Array.from({ length: 95 }, (_, index) => {
    const user = pick(users, index);
    const owner = user.displayName.split(' ')[0] ?? user.displayName;
    const name = `${owner}, ${pick(teams, index)}: ${pick(personalPurposes, index)}`;
    return makeToken('personal', name, user.id, new Date(morning.getTime() - (3 + index * 1.83) * msPerDay));
  });
  tokens.push(
    makeToken(
      'personal',
      'Chiara’s migration script',
      pick(users, 2).id,
      new Date(morning.getTime() - 47.1 * msPerDay),
    ),
  );
  return tokens;
}

function makeGrants(users: readonly SimulatedUser[], morning: Date): SimulatedToken[] {
  return Array.from({ length: 121 }, (_, index) =>
    makeToken(
      'mcp',
      pick(mcpClients, index),
      pick(users, index * 7).id,
      new Date(morning.getTime() - (2 + index * 1.4) * msPerDay),
    ),
  );
}

function makeToken(type: string, name: string, membershipId: string | null, created: Date): SimulatedToken {
  const createdAt = created.toISOString();
  return { id: uuidOf(`${type} ${name} ${createdAt}`), name, type, enabled: true, createdAt, membershipId };
}

function daysBefore(morning: Date, days: number): string {
  return new Date(morning.getTime() - days * msPerDay).toISOString();
}

function pick<T>(choices: readonly T[], index: number): T {
  const chosen = choices[index % choices.length];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** Derives an id in the form of a version 4 UUID. The same seed gives the same id. */
function uuidOf(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
