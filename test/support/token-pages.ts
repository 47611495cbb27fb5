import { type Walk, walkTokens } from '../../src/omni/token-listing.ts';
import type { Token } from '../../src/rules/token.ts';
import { sendJson, startHttpServer } from './http-server.ts';
import { noAbort } from './no-abort.ts';
import { someOmniClient } from './omni-client.ts';

export interface Page {
  pageInfo: Record<string, unknown>;
  records: unknown[];
}

export function page(records: unknown[], pageInfo: Record<string, unknown> = {}): Page {
  return { pageInfo: { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 1, ...pageInfo }, records };
}

/** Walks over pages that are given one after the other, whatever is asked for. */
export async function walkOver(pages: unknown[]): Promise<{ walk: Walk; tokens: Token[]; requestCount: number }> {
  await using server = await startHttpServer((response, count) => sendJson(response, pages[count - 1]));
  const tokens: Token[] = [];
  const walk = await walkTokens(someOmniClient(server.baseUrl), (some) => tokens.push(...some), noAbort);
  return { walk, tokens, requestCount: server.requests.length };
}
