import assert from 'node:assert/strict';
import {
  type OmniSimulator,
  type OmniSimulatorOptions,
  type SimulatedToken,
  type SimulatedUser,
  startOmniSimulator,
} from '../../src/demo/omni-simulator.ts';
import { uuid } from '../support/tokens.ts';

const credentials: OmniSimulatorOptions['credentials'] = {
  'org-key': { keyScope: 'organization', orgRole: 'ORG_ADMIN' },
  'admin-pat': { keyScope: 'user', orgRole: 'ORG_ADMIN', userId: 'user-1', membershipId: 'member-1' },
  'member-pat': { keyScope: 'user', orgRole: 'MEMBER' },
};

export const minute = (number: number): string => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();

export function token(number: number, fields: Partial<SimulatedToken> = {}): SimulatedToken {
  return {
    id: uuid(number),
    name: `token ${number}`,
    type: 'personal',
    enabled: true,
    createdAt: minute(number),
    membershipId: uuid(9000 + number),
    ...fields,
  };
}

export function user(number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  const userName = `user${number}@example.com`;
  return {
    id: uuid(9000 + number),
    userName,
    displayName: `User ${number}`,
    active: true,
    created: minute(number),
    ...fields,
  };
}

/** The organisation with a credential of every kind. */
export function start(
  options: Partial<OmniSimulatorOptions> & { tokens?: SimulatedToken[]; users?: SimulatedUser[] } = {},
) {
  const { tokens = [], users = [], ...rest } = options;
  return startOmniSimulator({ organisation: { tokens, users }, credentials, ...rest });
}

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of every shape
  body: any;
}

/** Asks with the organization key, unless told otherwise. */
export async function get(
  omni: OmniSimulator,
  path: string,
  bearer = 'org-key',
  init: RequestInit = {},
): Promise<Answer> {
  const headers = { Authorization: `Bearer ${bearer}` };
  const response = await fetch(omni.baseUrl + path, { headers, ...init });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function statusOf(omni: OmniSimulator, path: string, bearer?: string): Promise<number> {
  return (await get(omni, path, bearer)).status;
}

/** All ids in the order of the pages, and how many pages there were. */
export async function walk(omni: OmniSimulator, query: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let pages = 1; pages <= 2000; pages += 1) {
    const { status, body } = await get(omni, `/api/v1/api-keys?${query}${cursor === null ? '' : `&cursor=${cursor}`}`);
    assert.equal(status, 200);
    ids.push(...body.records.map((record: SimulatedToken) => record.id));
    assert.equal(body.pageInfo.hasNextPage, body.pageInfo.nextCursor !== null);
    cursor = body.pageInfo.nextCursor;
    if (cursor === null) {
      return { ids, pages };
    }
  }
  throw new Error('the walk does not end');
}
