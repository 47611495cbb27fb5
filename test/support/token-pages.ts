import type { TokenPage } from '../../src/omni/api.ts';
import type { WalkEnding } from '../../src/rules/listing-completeness.ts';
import type { Token } from '../../src/rules/token.ts';
import { sendJson, startHttpServer } from './http-server.ts';
import { noAbort } from './no-abort.ts';
import { someOmniApi } from './omni-api.ts';

export interface Page {
  pageInfo: Record<string, unknown>;
  records: unknown[];
}

export function page(records: unknown[], pageInfo: Record<string, unknown> = {}): Page {
  return { pageInfo: { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 1, ...pageInfo }, records };
}

/** Walks over pages that are answered one after the other, whatever is asked for. */
export async function walkOver(
  answers: unknown[],
): Promise<{ ending: WalkEnding; pages: TokenPage[]; tokens: Token[]; requestCount: number }> {
  await using server = await startHttpServer((response, count) => sendJson(response, answers[count - 1]));
  const pages: TokenPage[] = [];
  const ending = await someOmniApi(server.baseUrl).walkTokens((each) => pages.push(each), noAbort);
  return { ending, pages, tokens: pages.flatMap(({ tokens }) => tokens), requestCount: server.requests.length };
}
