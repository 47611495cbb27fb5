import { setImmediate as nextIteration } from 'node:timers/promises';
import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import type { Token } from '../rules/token.ts';
import { tokensPerPage } from '../rules/token.ts';
import type { TokenPage } from './api.ts';
import { type OmniHttp, parseAnswer, undefinedIfNotFound } from './http.ts';

const path = 'api/v1/api-keys';
/** Oldest first, so that tokens created during the walk are added at its end and are still read. */
const listPath = `${path}?pageSize=${tokensPerPage}&sortField=createdAt&sortDirection=asc`;
/** Ten million tokens. A longer list would probably never end. */
const maxPages = 100_000;

/**
 * Ids become part of URLs and of shell commands that people copy, so only harmless characters are accepted.
 * Omni's ids are UUIDs in lower case. The same UUID in capitals would count as another token.
 */
const id = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'expected an id of letters, digits and . : _ -')
  .refine(
    (value) => value === value.toLowerCase() || !/^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(value),
    'expected a UUID in lower case',
  );

/** Any string is a valid name. Unknown fields are kept, so that we can report them. */
const tokenRecord = z.looseObject({
  id,
  name: z.string().nullish(),
  type: z.string().min(1).max(100),
  enabled: z.boolean(),
  createdAt: z.iso.datetime({ offset: true }),
  membershipId: id.nullish(),
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
  return readPage(await requestPage(http, 1, '', signal), 1);
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
  let next: Promise<PageOutline | 'cursor-refused'> = requestPage(http, 1, '', signal);
  for (let page = 1; page <= maxPages; page += 1) {
    const outline = await next;
    if (outline === 'cursor-refused') return { kind: 'cursor-refused', page };
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
    onPage(readPage(outline, page));
    if (!hasNextPage) return { kind: 'terminal-page' };
    if (cursor === '') return { kind: 'cursor-missing', page };
    if (!hasNewCursor) return { kind: 'cursor-repeated', page };
    usedCursors.add(cursor);
  }
  return { kind: 'too-many-pages', page: maxPages };
}

export async function tokenExists(http: OmniHttp, id: string, signal: AbortSignal): Promise<boolean> {
  const action = 'looking up a token by its id';
  return (await http.getJson(`${path}/${id}`, action, signal).catch(undefinedIfNotFound)) !== undefined;
}

async function requestPage(
  http: OmniHttp,
  page: number,
  cursorQuery: string,
  signal: AbortSignal,
): Promise<PageOutline> {
  return parseAnswer(pageOutline, await http.getJson(listPath + cursorQuery, listing(page), signal), listing(page));
}

function readPage(outline: PageOutline, page: number): TokenPage {
  const { records } = parseAnswer(pageRecords, outline, listing(page));
  const fields = new Set<string>();
  for (const record of records) for (const name in record) fields.add(name);
  return {
    tokens: records.map(toToken),
    totalRecords: outline.pageInfo.totalRecords,
    unknownFields: new Set([...fields].filter((name) => !knownFields.has(name)).map((name) => name.slice(0, 100))),
  };
}

function listing(page: number): string {
  return `listing tokens, page ${page},`;
}

function toToken({ id, name, type, enabled, createdAt, membershipId }: TokenRecord): Token {
  return { id, name: name ?? '', type, enabled, createdAt: inUtc(createdAt), membershipId: membershipId ?? null };
}

/** Returns the instant in UTC with milliseconds, because a different spelling is not a change. */
function inUtc(instant: string): string {
  return /^.{19}\.\d{3}Z$/.test(instant) ? instant : new Date(instant).toISOString();
}
