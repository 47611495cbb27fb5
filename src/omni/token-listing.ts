import { setImmediate as nextTurn } from 'node:timers/promises';
import { CredentialRefusedError, NotFoundError, OmniError } from '../errors.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import { tokensPerPage } from '../rules/rate-limit.ts';
import type { Token } from '../rules/token.ts';
import type { OmniClient } from './client.ts';
import { type RequestContext, unexpectedShape } from './omni-error.ts';
import {
  describeProblem,
  type TokenPageAnswer,
  type TokenRecord,
  tokenPage,
  tokenRecords,
  toToken,
  unknownFields,
} from './schema.ts';

/** What one walk saw, apart from the tokens themselves. */
export interface Walk {
  ending: WalkEnding;
  pageCount: number;
  recordCount: number;
  /** As the last page that was read has it. */
  totalRecords: number;
  /** Names of fields of the records that this program does not know. */
  newFields: ReadonlySet<string>;
}

/** More of them would be no change of the API but nonsense. */
const maxNewFields = 20;

/** Ten million tokens; a list that is longer does not end. */
const maxPages = 100_000;

/** Oldest first: tokens that are made during the walk land at its end and are still read. */
const query = { pageSize: tokensPerPage, sortField: 'createdAt', sortDirection: 'asc' };

/**
 * Walks once over all pages and hands each to `onPage` in order. The next page is on its way
 * while `onPage` works, so that storing costs no time beside the network's.
 *
 * @throws OmniError for an answer that cannot be used; the signal's reason when it is aborted.
 */
export async function walkTokens(
  client: OmniClient,
  onPage: (tokens: readonly Token[], totalRecords: number) => void,
  signal: AbortSignal,
): Promise<Walk> {
  const abandon = new AbortController();
  const either = AbortSignal.any([signal, abandon.signal]);
  try {
    return await walk(client, onPage, either);
  } finally {
    // A page that was asked for ahead is of no use once the walk is over.
    abandon.abort();
  }
}

async function walk(
  client: OmniClient,
  onPage: (tokens: readonly Token[], totalRecords: number) => void,
  signal: AbortSignal,
): Promise<Walk> {
  const usedCursors = new Set<string>();
  const newFields = new Set<string>();
  let recordCount = 0;
  let totalRecords = 0;
  let answer = askPage(client, 1, undefined, signal);
  for (let page = 1; page <= maxPages; page += 1) {
    const received = await answer;
    const ended = (ending: WalkEnding): Walk => ({ ending, pageCount: page, recordCount, totalRecords, newFields });
    if (received === 'cursor-refused') return ended({ kind: 'cursor-refused', page });
    const { pageInfo } = received;
    totalRecords = pageInfo.totalRecords;
    const cursor = pageInfo.nextCursor ?? '';
    const goesOn = pageInfo.hasNextPage && cursor !== '' && !usedCursors.has(cursor);
    if (goesOn) {
      answer = askPage(client, page + 1, cursor, signal);
      // It is awaited in the next round; until then a rejection must not count as unhandled.
      answer.catch(() => {});
      // Two turns of the event loop let the request leave before all that follows takes the thread.
      await nextTurn();
      await nextTurn();
    }
    const records = readRecords(received, page);
    recordCount += records.length;
    noteNewFields(records, newFields);
    onPage(records.map(toToken), totalRecords);
    if (!pageInfo.hasNextPage) return ended({ kind: 'terminal-page' });
    if (cursor === '') return ended({ kind: 'cursor-missing', page });
    if (!goesOn) return ended({ kind: 'cursor-repeated', page });
    usedCursors.add(cursor);
  }
  const ending: WalkEnding = { kind: 'too-many-pages', page: maxPages };
  return { ending, pageCount: maxPages, recordCount, totalRecords, newFields };
}

function readRecords(answer: TokenPageAnswer, page: number): TokenRecord[] {
  const parsed = tokenRecords.safeParse(answer);
  if (!parsed.success) throw unexpectedShape(describeProblem(parsed.error), contextOf(page));
  return parsed.data.records;
}

function noteNewFields(records: readonly TokenRecord[], noted: Set<string>): void {
  for (const record of records) {
    for (const name of unknownFields(record)) if (noted.size < maxNewFields) noted.add(name.slice(0, 100));
  }
}

/**
 * Whether Omni still knows a token by its id.
 *
 * @throws OmniError for any answer but the token and Omni's own 404; the signal's reason when it is aborted.
 */
export async function tokenExists(client: OmniClient, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.getJson(`api/v1/api-keys/${id}`, {}, { action: 'asking for one token by its id' }, signal);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    if (!(error instanceof CredentialRefusedError)) throw error;
    // The listing was just read with the same credential: it is the question that is refused.
    throw new OmniError(`asking for token ${id} by its id was answered with ${error.status}`, {
      status: error.status ?? 400,
      cause: error,
      hint: 'Its removal cannot be confirmed. If it is gone indeed, run `omni-token-audit audit --accept-removals`',
    });
  }
}

function contextOf(page: number): RequestContext {
  return { action: 'listing tokens', page };
}

/** A 400 to a request with a cursor means that the cursor's token is gone, and not that we asked wrongly. */
async function askPage(
  client: OmniClient,
  page: number,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<TokenPageAnswer | 'cursor-refused'> {
  const context = contextOf(page);
  try {
    const body = await client.getJson(
      'api/v1/api-keys',
      cursor === undefined ? query : { ...query, cursor },
      context,
      signal,
    );
    const parsed = tokenPage.safeParse(body);
    if (!parsed.success) throw unexpectedShape(describeProblem(parsed.error), context);
    return parsed.data;
  } catch (error) {
    if (cursor !== undefined && error instanceof OmniError && error.status === 400) return 'cursor-refused';
    throw error;
  }
}
