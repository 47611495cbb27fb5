import type { OmniApi } from './api.ts';
import type { OmniHttp } from './http.ts';
import { roleOf } from './model-roles.ts';
import { firstTokenPage, tokenExists, walkTokens } from './tokens.ts';
import { createUserLists } from './users.ts';
import { whoami } from './whoami.ts';

export function createOmniApi(http: OmniHttp): OmniApi {
  return {
    get requestCount() {
      return http.requestCount;
    },
    get lastProblem() {
      return http.lastProblem;
    },
    firstTokenPage: (signal) => firstTokenPage(http, signal),
    walkTokens: (onPage, signal) => walkTokens(http, onPage, signal),
    tokenExists: (id, signal) => tokenExists(http, id, signal),
    whoami: (signal) => whoami(http, signal),
    ...createUserLists(http),
    roleOf: (membershipId, signal) => roleOf(http, membershipId, signal),
  };
}
