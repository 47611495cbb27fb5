// The least that an audit must do: request every page of the list, one after the other, and parse it.
// Usage: bare-walk.ts BASE-URL
interface Page {
  pageInfo: { hasNextPage: boolean; nextCursor: string | null };
  records: unknown[];
}

const baseUrl = process.argv[2] ?? '';
let cursor: string | null = null;
let count = 0;
do {
  const query: string = cursor === null ? '' : `&cursor=${cursor}`;
  const response = await fetch(
    `${baseUrl}/api/v1/api-keys?pageSize=100&sortField=createdAt&sortDirection=asc${query}`,
    { headers: { authorization: 'Bearer bench', accept: 'application/json' } },
  );
  const { pageInfo, records } = (await response.json()) as Page;
  count += records.length;
  cursor = pageInfo.hasNextPage ? pageInfo.nextCursor : null;
} while (cursor !== null);
process.stdout.write(`${count}\n`);
