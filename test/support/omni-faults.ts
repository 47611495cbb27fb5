import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';

export interface Fault {
  /** The requests that it concerns, by their path without the query. */
  at: RegExp;
  status?: number;
  contentType?: string;
  /** An object becomes JSON. */
  body?: unknown;
}

/** From now on some requests get another answer than the simulator's. */
export function inject(omni: OmniSimulator, { at, status = 200, contentType = 'application/json', body }: Fault): void {
  omni.intercept = (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (!at.test(path)) return false;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? { error: 'no', status });
    response.writeHead(status, { 'content-type': contentType }).end(text);
    return true;
  };
}

/** What a proxy answers in Omni's place. */
export const webPage: Pick<Fault, 'contentType' | 'body'> = {
  contentType: 'text/html; charset=utf-8',
  body: '<html>nothing here</html>',
};

export const scimPaths = {
  all: /^\/api\/scim\//,
  users: /^\/api\/scim\/v2\/users/i,
  embedUsers: /^\/api\/scim\/v2\/embed\/users/i,
};

export const whoamiPath = /^\/api\/v1\/whoami$/;
/** Of one token, and not of the list. */
export const oneTokenPath = /^\/api\/v1\/api-keys\/[^/]+$/;
