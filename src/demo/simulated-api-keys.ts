import { refusal, type SimulatedAnswer, success } from './simulated-answer.ts';
import { compareText } from './simulated-order.ts';

/** A record of the token list. Undocumented fields are sent as they are. */
export interface SimulatedToken {
  id: string;
  name: string;
  type: string;
  enabled: boolean;
  createdAt: string;
  membershipId: string | null;
  [field: string]: unknown;
}

type SortField = 'createdAt' | 'name';

interface ListQuery {
  type: string | undefined;
  cursor: string | undefined;
  pageSize: number;
  sortField: SortField;
  sortDirection: 'asc' | 'desc';
}

/** The sorted tokens of one query, and the position of each id. */
interface Order {
  tokens: SimulatedToken[];
  positions: Map<string, number>;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface TokenEndpoints {
  /** `GET /api/v1/api-keys` */
  list(tokens: SimulatedToken[], query: URLSearchParams): SimulatedAnswer;
  /** `GET /api/v1/api-keys/{id}` */
  one(tokens: SimulatedToken[], id: string): SimulatedAnswer;
}

export function createTokenEndpoints(): TokenEndpoints {
  const orderOf = createOrders();

  return {
    list(tokens, parameters) {
      const query = parseListQuery(parameters);
      if (typeof query === 'string') {
        return refusal(400, query);
      }
      return listPage(orderOf(tokens, query), query);
    },
    one(tokens, id) {
      if (!uuid.test(id)) {
        return refusal(400, 'Invalid API token id');
      }
      const token = tokens.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
      return token === undefined ? refusal(404, 'API token not found') : success(token);
    },
  };
}

function listPage(order: Order, { cursor, pageSize }: ListQuery): SimulatedAnswer {
  let start = 0;
  if (cursor !== undefined) {
    const position = order.positions.get(cursor);
    if (position === undefined) {
      // Omni's cursors are token ids, so a cursor breaks when its token is deleted.
      return refusal(400, 'Invalid cursor');
    }
    start = position + 1;
  }
  const records = order.tokens.slice(start, start + pageSize);
  const totalRecords = order.tokens.length;
  const hasNextPage = start + records.length < totalRecords;
  const nextCursor = hasNextPage ? (records.at(-1)?.id ?? null) : null;
  return success({ pageInfo: { hasNextPage, nextCursor, pageSize, totalRecords }, records });
}

/** Returns the query with its defaults, or a sentence about the parameter that is wrong. */
function parseListQuery(parameters: URLSearchParams): ListQuery | string {
  const type = parameters.get('type') ?? undefined;
  if (type !== undefined && !['organization', 'personal', 'mcp'].includes(type)) {
    return 'type must be one of organization, personal, mcp';
  }
  const cursor = parameters.get('cursor') ?? undefined;
  if (cursor !== undefined && !uuid.test(cursor)) {
    return 'cursor must be a UUID';
  }
  const pageSizeText = parameters.get('pageSize') ?? '20';
  const pageSize = /^\d+$/.test(pageSizeText) ? Number(pageSizeText) : 0;
  if (pageSize < 1 || pageSize > 100) {
    return 'pageSize must be between 1 and 100';
  }
  const sortField = parameters.get('sortField') ?? 'createdAt';
  if (sortField !== 'createdAt' && sortField !== 'name') {
    return 'sortField must be one of createdAt, name';
  }
  const sortDirection = parameters.get('sortDirection') ?? 'desc';
  if (sortDirection !== 'asc' && sortDirection !== 'desc') {
    return 'sortDirection must be one of asc, desc';
  }
  return { type, cursor, pageSize, sortField, sortDirection };
}

/**
 * Caches sorted lists. Sorting 100,000 tokens for each of 1,000 pages would take minutes, but a test may change any record at
 * any time. So each request first checks that every value that a sort order depends on is unchanged, which takes a
 * millisecond or two because unchanged strings compare by address.
 */
function createOrders(): (tokens: SimulatedToken[], query: ListQuery) => Order {
  // A flat array with five places per token: comparing an object per token takes longer.
  let seen: (SimulatedToken | string)[] = [];
  const orders = new Map<string, Order>();

  function isUnchanged(tokens: SimulatedToken[]): boolean {
    let next = 0;
    for (const token of tokens) {
      const { id, type, createdAt, name } = token;
      const same =
        seen[next] === token &&
        seen[next + 1] === id &&
        seen[next + 2] === type &&
        seen[next + 3] === createdAt &&
        seen[next + 4] === name;
      if (!same) {
        return false;
      }
      next += 5;
    }
    return next === seen.length;
  }

  return (tokens, query) => {
    if (!isUnchanged(tokens)) {
      seen = tokens.flatMap((token) => [token, token.id, token.type, token.createdAt, token.name]);
      orders.clear();
    }
    const key = `${query.type ?? 'all'} ${query.sortField} ${query.sortDirection}`;
    const order = orders.get(key) ?? sortTokens(tokens, query);
    orders.set(key, order);
    return order;
  };
}

/** Ties are broken by id in the same direction, so `desc` is `asc` reversed. */
function sortTokens(tokens: SimulatedToken[], { type, sortField, sortDirection }: ListQuery): Order {
  const sorted = tokens
    .filter((token) => type === undefined || token.type === type)
    .sort((a, b) => compareText(a[sortField], b[sortField]) || compareText(a.id, b.id));
  if (sortDirection === 'desc') {
    sorted.reverse();
  }
  return { tokens: sorted, positions: new Map(sorted.map((token, position) => [token.id, position])) };
}
