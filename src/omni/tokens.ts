import { setImmediate as nextIteration } from 'node:timers/promises';
import { z } from 'zod';
import { NotFoundError, OmniError } from '../errors.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import { tokensPerPage } from '../rules/rate-limit.ts';
import type { Token } from '../rules/token.ts';
import type { TokenPage } from './api.ts';
import type { RequestContext } from './errors.ts';
import { type OmniHttp, parseAnswer } from './http.ts';

const path = 'api/v1/api-keys';
/** Oldest first: tokens created during the walk land at its end and are still read. */
const query = { pageSize: tokensPerPage, sortField: 'createdAt', sortDirection: 'asc' };
/** Ten million tokens; a longer list does not end. */
const maxPages = 100_000;

/**
 * Ids go into URLs and into shell lines that people copy, so only harmless characters pass. Omni's are
 * UUIDs. One in capitals means the same as in lower case but would count as another token.
 */
const id = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'expected an id of letters, digits and . : _ -')
  .refine((value) => !isUuidInCapitals(value), 'expected a UUID in lower case');

function isUuidInCapitals(value: string): boolean {
  return value !== value.toLowerCase() && /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(value);
}

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
  return readPage(await askPage(http, 1, null, signal), 1);
}

export async function walkTokens(
  http: OmniHttp,
  onPage: (page: TokenPage) => void,
  signal: AbortSignal,
): Promise<WalkEnding> {
  const abandon = new AbortController();
  try {
    return await walk(http, onPage, AbortSignal.any([signal, abandon.signal]));
  } finally {
    // However the walk ended, nobody waits for the page that was requested ahead.
    abandon.abort();
  }
}

async function walk(http: OmniHttp, onPage: (page: TokenPage) => void, signal: AbortSignal): Promise<WalkEnding> {
  const usedCursors = new Set<string>();
  let next: Promise<PageOutline | 'cursor-refused'> = askPage(http, 1, null, signal);
  for (let page = 1; page <= maxPages; page += 1) {
    const outline = await next;
    if (outline === 'cursor-refused') return { kind: 'cursor-refused', page };
    const { hasNextPage } = outline.pageInfo;
    const cursor = outline.pageInfo.nextCursor ?? '';
    const canGoOn = hasNextPage && cursor !== '' && !usedCursors.has(cursor);
    if (canGoOn) {
      next = askNextPage(http, page + 1, cursor, signal);
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
  try {
    await http.getJson(`${path}/${id}`, {}, { action: 'asking for one token by its id' }, signal);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

async function askPage(http: OmniHttp, page: number, cursor: string | null, signal: AbortSignal): Promise<PageOutline> {
  const body = await http.getJson(path, cursor === null ? query : { ...query, cursor }, contextOf(page), signal);
  return parseAnswer(pageOutline, body, contextOf(page));
}

/** A 400 to a request with a cursor means that the cursor's token is gone, not that we asked wrongly. */
async function askNextPage(
  http: OmniHttp,
  page: number,
  cursor: string,
  signal: AbortSignal,
): Promise<PageOutline | 'cursor-refused'> {
  try {
    return await askPage(http, page, cursor, signal);
  } catch (error) {
    if (error instanceof OmniError && error.status === 400) return 'cursor-refused';
    throw error;
  }
}

function readPage(outline: PageOutline, page: number): TokenPage {
  const { records } = parseAnswer(pageRecords, outline, contextOf(page));
  const { totalRecords } = outline.pageInfo;
  return { tokens: records.map(toToken), totalRecords, unknownFields: unknownFieldsOf(records) };
}

function contextOf(page: number): RequestContext {
  return { action: 'listing tokens', page };
}

function toToken({ id, name, type, enabled, createdAt, membershipId }: TokenRecord): Token {
  return { id, name: name ?? '', type, enabled, createdAt: inUtc(createdAt), membershipId: membershipId ?? null };
}

const utcWithMilliseconds = /^.{19}\.\d{3}Z$/;

/** Another spelling of the same instant is no change. */
function inUtc(instant: string): string {
  return utcWithMilliseconds.test(instant) ? instant : new Date(instant).toISOString();
}

const knownFields: ReadonlySet<string> = new Set(Object.keys(tokenRecord.shape));

function unknownFieldsOf(records: readonly TokenRecord[]): Set<string> {
  const names = new Set<string>();
  for (const record of records) {
    for (const name of Object.keys(record)) if (!knownFields.has(name)) names.add(name.slice(0, 100));
  }
  return names;
}
