/**
 * A fast Omni for measurements. It runs in its own process, so that it takes no CPU time from the measured one. Answers
 * are computed from numbers: token N of version V is always the same. The first message to the parent process is the
 * address of the server. The parent sends a `BenchOrganisation` to configure it.
 */
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { msPerDay } from '../src/time/duration.ts';

export interface BenchOrganisation {
  tokenCount: number;
  /** In each version, one in a hundred tokens has a new name. */
  version: number;
  /** The pause before each answer. */
  latencyMs: number;
  /** How many tokens share an owner. 0: no token has an owner. */
  tokensPerOwner: number;
}

const pageSize = 100;
const firstCreation = Date.parse('2025-01-01T00:00:00.000Z');
const ageOfListMs = 300 * msPerDay;
const types = ['organization', 'personal', 'mcp'];

let organisation: BenchOrganisation = { tokenCount: 0, version: 0, latencyMs: 0, tokensPerOwner: 0 };

const uuid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const numberOf = (id: string): number => Number.parseInt(id.slice(-12), 16);
const ownerBase = 2 ** 40;

/**
 * Returns the creation date of a token. Later tokens are never older, and three consecutive ones share an instant, like
 * MCP grants of one session.
 */
function createdAt(number: number): string {
  const step = Math.floor(number / 3) / Math.ceil(organisation.tokenCount / 3);
  return new Date(firstCreation + Math.floor(step * ageOfListMs)).toISOString();
}

function record(number: number): unknown {
  const type = types[number % 3];
  const { version, tokensPerOwner } = organisation;
  const isRenamed = number % 100 === 7 && version > 0;
  const hasOwner = type !== 'organization' && tokensPerOwner > 0;
  return {
    id: uuid(number),
    name: isRenamed ? `Claude (version ${version}) ${number}` : `Claude ${number}`,
    type,
    enabled: true,
    createdAt: createdAt(number),
    membershipId: hasOwner ? uuid(ownerBase + Math.floor(number / tokensPerOwner)) : null,
  };
}

function listTokens(cursor: string | null): unknown {
  const first = cursor === null ? 0 : numberOf(cursor) + 1;
  const end = Math.min(first + pageSize, organisation.tokenCount);
  const records = Array.from({ length: end - first }, (_, index) => record(first + index));
  const hasNextPage = end < organisation.tokenCount;
  return {
    pageInfo: {
      hasNextPage,
      nextCursor: hasNextPage ? uuid(end - 1) : null,
      pageSize,
      totalRecords: organisation.tokenCount,
    },
    records,
  };
}

function listUsers(isEmbed: boolean, startIndex: number, count: number): unknown {
  const { tokenCount, tokensPerOwner } = organisation;
  const total = isEmbed || tokensPerOwner === 0 ? 0 : Math.ceil(tokenCount / tokensPerOwner);
  const length = Math.max(0, Math.min(count, total - startIndex + 1));
  const resources = Array.from({ length }, (_, index) => {
    const number = startIndex - 1 + index;
    return {
      id: uuid(ownerBase + number),
      userName: `person.${number}@acme.example`,
      displayName: `Person ${number}`,
      active: true,
    };
  });
  return { Resources: resources, itemsPerPage: length, startIndex, totalResults: total, schemas: [] };
}

function answer(url: URL): unknown {
  const { pathname, searchParams } = url;
  if (pathname === '/api/v1/api-keys') return listTokens(searchParams.get('cursor'));
  if (pathname.startsWith('/api/scim/')) {
    const [startIndex, count] = [searchParams.get('startIndex'), searchParams.get('count')].map(Number);
    return listUsers(pathname.includes('/embed/'), startIndex ?? 1, count ?? pageSize);
  }
  const [, membershipId] = /^\/api\/v1\/users\/([^/]+)\/model-roles$/.exec(pathname) ?? [];
  if (membershipId !== undefined) {
    const role = { baseRole: 'QUERIER', roleName: 'Querier', connectionId: uuid(1), modelId: null, priority: 300 };
    return { membershipId, results: [{ ...role, resolved: true, from: { type: 'USER' } }] };
  }
  if (pathname === '/api/v1/whoami') return { keyScope: 'organization', orgRole: 'ORG_ADMIN', user: {} };
  return null;
}

const server = createServer(async (request, response) => {
  const body = answer(new URL(request.url ?? '/', 'http://omni'));
  if (organisation.latencyMs > 0) await pause(organisation.latencyMs);
  response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('message', (message: BenchOrganisation) => {
  organisation = message;
  process.send?.('set');
});
process.on('disconnect', () => process.exit());
