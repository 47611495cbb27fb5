import type { OmniApi } from '../../src/omni/api.ts';
import { createOmniApi } from '../../src/omni/create-omni-api.ts';
import { someMorning } from './fake-clock.ts';

/** When each answer was sent and arrived. */
export const scriptedTimes = { arrivedAt: someMorning, sentAt: someMorning, ageSeconds: 0 };

export interface ScriptedOmni {
  api: OmniApi;
  /** The requested paths, in order. */
  paths: string[];
}

/** Returns the real API with scripted answers, one for each request. An `Error` is thrown; anything else becomes JSON. */
export function scriptOmni(...answers: unknown[]): ScriptedOmni {
  const paths: string[] = [];
  const api = createOmniApi({
    requestCount: 0,
    lastProblem: null,
    async get(path) {
      const answer = answers[paths.push(path) - 1];
      if (answer instanceof Error) throw answer;
      return { json: JSON.parse(JSON.stringify(answer)), times: scriptedTimes };
    },
  });
  return { api, paths };
}

/** Returns a page of tokens. It is the last one unless `pageInfo` says otherwise. */
export function page(records: unknown[], pageInfo: Record<string, unknown> = {}): Record<string, unknown> {
  return { pageInfo: { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 1, ...pageInfo }, records };
}
