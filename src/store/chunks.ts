/** Large enough that the statements cost little compared with the rows, and small enough that memory stays flat. */
const chunkSize = 500;

/**
 * Reads rows in the order of a key, some hundred at a time, so that the caller may write with the
 * same connection meanwhile. `read` returns up to `limit` rows that come after a key.
 */
export function* inChunks<Row, Key>(
  read: (after: Key, limit: number) => Row[],
  start: Key,
  keyOf: (row: Row) => Key,
): Generator<Row> {
  let last = start;
  for (let rows = read(last, chunkSize); rows.length > 0; rows = read(last, chunkSize)) {
    for (const row of rows) {
      last = keyOf(row);
      yield row;
    }
  }
}
