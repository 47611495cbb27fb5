import { setImmediate as nextIteration } from 'node:timers/promises';
import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import type { Token } from '../rules/token.ts';
import { tokensPerPage } from '../rules/token.ts';
import type { TokenPage } from './api.ts';
import { type OmniHttp, parseAnswer, undefinedWhereNotFound } from './http.ts';

const path = 'api/v1/api-keys';
/** Oldest first: tokens created during the walk land at its end and are still read. */
const listPath = `${path}?pageSize=${tokensPerPage}&sortField=createdAt&sortDirection=asc`;
/** Ten million tokens; a longer list does not end. */
const maxPages = 100_000;

/**
 * Ids go into URLs and into shell lines that people copy, so only harmless characters pass. Omni's are
 * UUIDs. One in capitals means the same as in lower case but would count as another token.
 */
const id = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'expected an id of letters, digits and . : _ -')
  .refine(
    (value) => value === value.toLowerCase() || !/^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(value),
    'expected a UUID in lower case',
  );

/** Any string is a name. Fields that we do not know are kept, so that they can be named. */
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

/** A page as far as the way to the next one needs it; its records are parsed after that one is requested. */
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
  return readPage(await askPage(http, 1, '', signal), 1);
}

export async function walkTokens(
  http: OmniHttp,
  onPage: (page: TokenPage) => void,
  signal: AbortSignal,
): Promise<WalkEnding> {
  const abandon = new AbortController();
  // However the walk ends, nobody waits for the page that was requested ahead.
  return await walk(http, onPage, AbortSignal.any([signal, abandon.signal])).finally(() => abandon.abort());
}

async function walk(http: OmniHttp, onPage: (page: TokenPage) => void, signal: AbortSignal): Promise<WalkEnding> {
  const usedCursors = new Set<string>();
  let next: Promise<PageOutline | 'cursor-refused'> = askPage(http, 1, '', signal);
  for (let page = 1; page <= maxPages; page += 1) {
    const outline = await next;
    if (outline === 'cursor-refused') return { kind: 'cursor-refused', page };
    const { hasNextPage } = outline.pageInfo;
    const cursor = outline.pageInfo.nextCursor ?? '';
    const canGoOn = hasNextPage && cursor !== '' && !usedCursors.has(cursor);
    if (canGoOn) {
      next = askPage(http, page + 1, `&${new URLSearchParams({ cursor })}`, signal).catch((error: unknown) => {
        // To a request with a cursor it means that the cursor's token is gone, not that we asked wrongly.
        if (error instanceof OmniError && error.status === 400) return 'cursor-refused';
        throw error;
      });
      // It is awaited in the next iteration; until then a rejection must not count as unhandled.
      next.catch(() => {});
      // After two iterations of the event loop the request has left; what follows keeps the thread busy.
      await nextIteration();
      await nextIteration();
    }
    onPage(readPage(outline, page));
    if (!hasNextPage) return { kind: 'terminal-page' };
    if (cursor === '') return { kind: 'cursor-missing', page };
    if (!canGoOn) return { kind: 'cursor-repeated', page };
    usedCursors.add(cursor);
  }
  return { kind: 'too-many-pages', page: maxPages };
}

export async function tokenExists(http: OmniHttp, id: string, signal: AbortSignal): Promise<boolean> {
  const action = 'asking for one token by its id';
  return (await http.getJson(`${path}/${id}`, action, signal).catch(undefinedWhereNotFound)) !== undefined;
}

async function askPage(http: OmniHttp, page: number, cursorQuery: string, signal: AbortSignal): Promise<PageOutline> {
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

/** The instant in one spelling, because another one is no change. Omni's own needs no work. */
function inUtc(instant: string): string {
  return /^.{19}\.\d{3}Z$/.test(instant) ? instant : new Date(instant).toISOString();
}
