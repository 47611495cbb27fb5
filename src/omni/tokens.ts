import { setImmediate as nextIteration } from 'node:timers/promises';
import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { ResponseTimes } from '../rules/clock-check.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import type { Token } from '../rules/token.ts';
import { tokensPerPage } from '../rules/token.ts';
import type { TokenPage } from './api.ts';
import { freshJson, type OmniHttp, parseResponse, pathSegment, undefinedIfNotFound } from './http.ts';
import { unexpectedShape } from './omni-errors.ts';
import { omniId, omniInstant } from './omni-fields.ts';

const path = 'api/v1/api-keys';
/** Oldest first, so that tokens created during the walk are added at its end and are still read. */
const listPath = `${path}?pageSize=${tokensPerPage}&sortField=createdAt&sortDirection=asc`;
/** Ten million tokens. A longer list would probably never end. */
const maxPages = 100_000;

/** Any string is a valid name. Unknown fields are kept, so that we can report them. */
const tokenRecord = z.looseObject({
  id: omniId,
  name: z.string().nullish(),
  type: z.string().min(1).max(100),
  enabled: z.boolean(),
  createdAt: omniInstant,
  membershipId: omniId.nullish(),
});

type TokenRecord = z.infer<typeof tokenRecord>;
const knownFields = new Set(Object.keys(tokenRecord.shape));

/** The part of a page that is needed to request the next one. Records are parsed after that request is sent. */
const pageOutline = z.object({
  pageInfo: z.object({
    hasNextPage: z.boolean(),
    nextCursor: z.string().nullish(),
    totalRecords: z.int().nonnegative(),
  }),
  records: z.array(z.unknown()),
});

type PageOutline = z.infer<typeof pageOutline>;

const pageRecords = z.object({ records: z.array(tokenRecord) });

export async function firstTokenPage(http: OmniHttp, signal: AbortSignal): Promise<TokenPage> {
  const { outline, times } = await requestPage(http, 1, '', signal);
  const problem = impossiblePage(outline);
  if (problem !== null) throw unexpectedShape(problem, listing(1));
  return readPage(outline, times, 1);
}

export async function walkTokens(
  http: OmniHttp,
  onPage: (page: TokenPage) => void,
  signal: AbortSignal,
): Promise<WalkEnding> {
  const abandon = new AbortController();
  // However the walk ends, the page that was requested ahead is cancelled.
  return await walk(http, onPage, AbortSignal.any([signal, abandon.signal])).finally(() => abandon.abort());
}

async function walk(http: OmniHttp, onPage: (page: TokenPage) => void, signal: AbortSignal): Promise<WalkEnding> {
  const usedCursors = new Set<string>();
  let next: Promise<RequestedPage | 'cursor-refused'> = requestPage(http, 1, '', signal);
  for (let page = 1; page <= maxPages; page += 1) {
    const requested = await next;
    if (requested === 'cursor-refused') return { kind: 'cursor-refused', page };
    const { outline, times } = requested;
    const problem = impossiblePage(outline);
    if (problem !== null) return { kind: 'page-impossible', page, problem };
    const { hasNextPage } = outline.pageInfo;
    const cursor = outline.pageInfo.nextCursor ?? '';
    const hasNewCursor = hasNextPage && cursor !== '' && !usedCursors.has(cursor);
    if (hasNewCursor) {
      next = requestPage(http, page + 1, `&${new URLSearchParams({ cursor })}`, signal).catch((error: unknown) => {
        // With a cursor, a 400 means that the cursor's token is gone, not that our request was malformed.
        if (error instanceof OmniError && error.status === 400) return 'cursor-refused';
        throw error;
      });
      // The next iteration awaits it. Until then a rejection must not count as unhandled.
      next.catch(() => {});
      // Two iterations of the event loop send the request before `onPage` blocks the thread.
      await nextIteration();
      await nextIteration();
    }
    onPage(readPage(outline, times, page));
    if (!hasNextPage) return { kind: 'terminal-page' };
    if (cursor === '') return { kind: 'cursor-missing', page };
    if (!hasNewCursor) return { kind: 'cursor-repeated', page };
    usedCursors.add(cursor);
  }
  return { kind: 'too-many-pages', page: maxPages };
}

export async function tokenExists(http: OmniHttp, id: string, signal: AbortSignal): Promise<boolean> {
  const action = 'looking up a token by its id';
  const response = await http.get(`${path}/${pathSegment(id, action)}`, action, signal).catch(undefinedIfNotFound);
  if (response === undefined) return false;
  if (parseResponse(z.object({ id: omniId }), freshJson(response, action), action).id !== id) {
    throw unexpectedShape('id: not the token that we asked for', action);
  }
  return true;
}

interface RequestedPage {
  outline: PageOutline;
  times: ResponseTimes;
}

async function requestPage(
  http: OmniHttp,
  page: number,
  cursorQuery: string,
  signal: AbortSignal,
): Promise<RequestedPage> {
  const { json, times } = await http.get(listPath + cursorQuery, listing(page), signal);
  return { outline: parseResponse(pageOutline, json, listing(page)), times };
}

/** Returns why no working server would send this page; null if one might. */
function impossiblePage({ pageInfo: { hasNextPage, nextCursor }, records }: PageOutline): string | null {
  if (records.length > tokensPerPage) return `${records.length} records, but we asked for ${tokensPerPage}`;
  if (records.length === 0 && hasNextPage) return 'no records, but a next page';
  if (!hasNextPage && (nextCursor ?? '') !== '') return 'a cursor, although it is the last page';
  return null;
}

function readPage(outline: PageOutline, times: ResponseTimes, page: number): TokenPage {
  const { records } = parseResponse(pageRecords, outline, listing(page));
  const fields = new Set<string>();
  for (const record of records) for (const name in record) fields.add(name);
  return {
    tokens: records.map(toToken),
    isLast: !outline.pageInfo.hasNextPage,
    totalRecords: outline.pageInfo.totalRecords,
    unknownFields: new Set([...fields].filter((name) => !knownFields.has(name)).map((name) => name.slice(0, 100))),
    times,
  };
}

function listing(page: number): string {
  return `listing tokens, page ${page},`;
}

function toToken({ id, name, type, enabled, createdAt, membershipId }: TokenRecord): Token {
  return { id, name: name ?? '', type, enabled, createdAt, membershipId: membershipId ?? null };
}
