import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';
import { answer, answerJson } from './omni-answers.ts';

export interface Fault {
  /** Matches the paths, without query, of the requests that it affects. Default: all. */
  at?: RegExp;
  status?: number;
  contentType?: string;
  /** An object becomes JSON. */
  body?: unknown;
}

/** Makes some requests get this answer instead of the simulator's from now on. */
export function inject(omni: OmniSimulator, { at, status = 200, contentType, body }: Fault): void {
  const content = body ?? { error: 'no', status };
  omni.intercept = (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (at !== undefined && !at.test(path)) return false;
    if (typeof content !== 'string') return answerJson(response, content, status);
    return answer(response, status, contentType ?? 'application/json', content);
  };
}

export const scimPaths = {
  all: /^\/api\/scim\//,
  users: /^\/api\/scim\/v2\/users/i,
  embedUsers: /^\/api\/scim\/v2\/embed\/users/i,
};

export const whoamiPath = /^\/api\/v1\/whoami$/;
/** The path of one token, not of the list. */
export const oneTokenPath = /^\/api\/v1\/api-keys\/[^/]+$/;
export const modelRolesPath = /^\/api\/v1\/users\/[^/]+\/model-roles$/;
