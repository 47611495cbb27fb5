import type { OmniApi } from '../../src/omni/api.ts';
import { createOmniApi } from '../../src/omni/create-omni-api.ts';

export interface ScriptedOmni {
  api: OmniApi;
  /** What was requested, in order. */
  paths: string[];
}

/** The real API on top of answers that are given in turn. An `Error` is thrown; anything else is sent as JSON. */
export function scriptOmni(...answers: unknown[]): ScriptedOmni {
  const paths: string[] = [];
  const api = createOmniApi({
    requestCount: 0,
    async getJson(path) {
      const answer = answers[paths.push(path) - 1];
      if (answer instanceof Error) throw answer;
      return JSON.parse(JSON.stringify(answer));
    },
  });
  return { api, paths };
}

/** A page of tokens, the last one unless `pageInfo` says otherwise. */
export function page(records: unknown[], pageInfo: Record<string, unknown> = {}): Record<string, unknown> {
  return { pageInfo: { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 1, ...pageInfo }, records };
}
