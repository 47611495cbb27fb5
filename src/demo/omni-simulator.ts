import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRateLimit, identifyCaller, type SimulatedCredential } from './simulated-access.ts';
import { refusal, type SimulatedAnswer, success } from './simulated-answer.ts';
import { createTokenEndpoints, type SimulatedToken, type TokenEndpoints } from './simulated-api-keys.ts';
import { getModelRoles, type SimulatedRole } from './simulated-roles.ts';
import { getScimUser, listScimUsers, type SimulatedUser } from './simulated-scim.ts';

export type { SimulatedCredential, SimulatedRole, SimulatedToken, SimulatedUser };

/** May be changed at any time, because it is read at every request. */
export interface SimulatedOrganisation {
  tokens: SimulatedToken[];
  users: SimulatedUser[];
}

export interface OmniSimulatorOptions {
  organisation: SimulatedOrganisation;
  /** What each token may do. Any other token is refused. */
  credentials: Record<string, SimulatedCredential>;
  /** The limit for each credential, over all endpoints, in a sliding window of 60 s. 0 or absent: no limit. */
  requestsPerMinute?: number;
  /** Whether a 429 says how long to wait. Default false, because Omni's documentation does not promise it. */
  sendRetryAfter?: boolean;
  /** Default true. False simulates an older instance, which answers 404. */
  hasWhoami?: boolean;
  /** Epoch milliseconds, for the rate limit and the `Date` of each answer. Default `Date.now`. */
  now?: () => number;
}

export interface SimulatedRequest {
  method: string;
  /** Includes the query. */
  path: string;
  /** The status that was sent; 0 before that. It stays 0 if the interceptor destroyed the socket. */
  status: number;
  userAgent: string;
}

export interface OmniSimulator {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  baseUrl: string;
  organisation: SimulatedOrganisation;
  /** May be replaced at any time. */
  now: () => number;
  /** All requests in order of arrival. */
  requests: SimulatedRequest[];
  /**
   * Lets a test inject a fault. It is called before the normal handling, and returns true if it has answered or destroyed
   * the socket itself. `count` is the number of this request, from 1.
   */
  intercept?:
    | ((request: IncomingMessage, response: ServerResponse, count: number) => boolean | Promise<boolean>)
    | undefined;
  /** Closes open connections too. May be called more than once. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Route {
  needs: 'any credential' | 'an administrator' | 'an organization key';
  answer(credential: SimulatedCredential): SimulatedAnswer;
}

/**
 * Starts the part of Omni's API that this product depends on, on a port of 127.0.0.1. It only answers reads. `PUT` and
 * `DELETE`, with which Omni changes and revokes tokens, get a 405 and are recorded in `requests`, where a test can find them.
 */
export async function startOmniSimulator(options: OmniSimulatorOptions): Promise<OmniSimulator> {
  const { credentials, requestsPerMinute = 0, sendRetryAfter = false, now = Date.now } = options;
  const rateLimit = createRateLimit(requestsPerMinute, sendRetryAfter, () => simulator.now());
  const findRoute = createRouter(options.hasWhoami ?? true);

  function decide(request: IncomingMessage): SimulatedAnswer {
    const caller = identifyCaller(request.headers.authorization, credentials);
    const throttled = caller.kind === 'known' ? rateLimit.charge(caller.token) : undefined;
    if (throttled !== undefined) {
      return throttled;
    }
    const route = findRoute(request.url ?? '/', simulator.organisation);
    if (route === undefined) {
      return refusal(404, 'Not Found');
    }
    if (caller.kind === 'refused') {
      return caller.answer;
    }
    if (request.method !== 'GET') {
      return refusal(405, 'Method Not Allowed', { Allow: 'GET' });
    }
    return forbid(route, caller.credential) ?? route.answer(caller.credential);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const entry: SimulatedRequest = { method, path, status: 0, userAgent: request.headers['user-agent'] ?? '' };
    const count = simulator.requests.push(entry);
    // Set before the interceptor is called, so that its answers have the date, too.
    response.setHeader('Date', new Date(simulator.now()).toUTCString());
    try {
      if (await simulator.intercept?.(request, response, count)) {
        noteStatus(entry, response);
        return;
      }
      send(response, decide(request), entry);
    } catch (error) {
      // Only an interceptor can throw. Its error must reach the test instead of leaving the request open.
      send(response, refusal(500, `The simulator failed: ${error}`), entry);
    }
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the simulator is not listening on a TCP port');
  }

  let closed: Promise<void> | undefined;
  const simulator: OmniSimulator = {
    baseUrl: `http://127.0.0.1:${address.port}`,
    organisation: options.organisation,
    now,
    requests: [],
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        // Clients keep connections alive, and close() alone would wait for them.
        server.closeAllConnections();
      });
      return closed;
    },
    [Symbol.asyncDispose]: () => simulator.close(),
  };
  return simulator;
}

/** Finds the route of a path. It compares text, because no part of these paths needs decoding. */
function createRouter(hasWhoami: boolean): (url: string, organisation: SimulatedOrganisation) => Route | undefined {
  const tokenEndpoints: TokenEndpoints = createTokenEndpoints();

  return (url, { tokens, users }) => {
    const [path = '', ...query] = url.split('?');
    const parameters = new URLSearchParams(query.join('?'));

    if (path === '/api/v1/whoami' && hasWhoami) {
      return { needs: 'any credential', answer: whoami };
    }
    if (path === '/api/v1/api-keys') {
      return { needs: 'an administrator', answer: () => tokenEndpoints.list(tokens, parameters) };
    }
    const tokenId = /^\/api\/v1\/api-keys\/([^/]+)$/.exec(path)?.[1];
    if (tokenId !== undefined) {
      return { needs: 'an administrator', answer: () => tokenEndpoints.one(tokens, tokenId) };
    }
    const membershipId = /^\/api\/v1\/users\/([^/]+)\/model-roles$/.exec(path)?.[1];
    if (membershipId !== undefined) {
      return { needs: 'an administrator', answer: () => getModelRoles(users, membershipId) };
    }
    const scim = /^\/api\/scim\/v2(?<embed>\/embed)?\/users(?:\/(?<id>[^/]+))?$/i.exec(path)?.groups;
    if (scim !== undefined) {
      const { embed, id } = scim;
      const seen = users.filter((user) => (user.embed !== undefined) === (embed !== undefined));
      return {
        needs: 'an organization key',
        answer: () => (id === undefined ? listScimUsers(seen, parameters) : getScimUser(seen, id)),
      };
    }
    return undefined;
  };
}

function forbid({ needs }: Route, { keyScope, orgRole }: SimulatedCredential): SimulatedAnswer | undefined {
  if (needs !== 'any credential' && orgRole !== 'ORG_ADMIN') {
    return refusal(403, 'Organization Admin is required');
  }
  if (needs === 'an organization key' && keyScope !== 'organization') {
    return refusal(403, 'SCIM requires an organization API key');
  }
  return undefined;
}

function whoami({ keyScope, orgRole, userId, membershipId }: SimulatedCredential): SimulatedAnswer {
  const user = {
    id: userId ?? '00000000-0000-4000-8000-000000000001',
    membershipId: membershipId ?? '00000000-0000-4000-8000-000000000002',
  };
  return success({ keyScope, orgRole, user, rolesByModel: {} });
}

function send(response: ServerResponse, { status, body, headers }: SimulatedAnswer, entry: SimulatedRequest): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // Set before the bytes leave, so that a client that has the answer also finds it in `requests`.
  entry.status = status;
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Records the status of an interceptor's answer, which may end now, later or never. Only a complete one counts. */
function noteStatus(entry: SimulatedRequest, response: ServerResponse): void {
  const isDestroyed = (): boolean => response.req.socket.destroyed;
  if (response.writableEnded) {
    entry.status = isDestroyed() ? 0 : response.statusCode;
    return;
  }
  // Must be the first listener: Node's own may close the socket, which must not count as destroyed.
  response.prependOnceListener('finish', () => {
    entry.status = isDestroyed() ? 0 : response.statusCode;
  });
}
