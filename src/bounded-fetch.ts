/** Thrown for a response that cannot be read. Its message says what the response has, such as `more than 16 MiB`. */
export class UnusableResponseError extends Error {
  override name = 'UnusableResponseError';
}

/** RFC 9110 15 */
const maxStatus = 599;

/**
 * Returns a `fetch` that resolves only when it has read the whole body, at most `maxBytes` after decompression.
 * The timeout and the retries of the caller then cover the body as well as the headers, and a truncated body fails
 * like a broken connection.
 *
 * @throws UnusableResponseError, and whatever `fetch` throws.
 */
export function createBoundedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.body === null) return response;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      // Leaving the loop cancels the stream, which ends the download.
      if (size > maxBytes) throw new UnusableResponseError(`more than ${describeSize(maxBytes)}`);
      chunks.push(chunk);
    }
    // Without the reason phrase, in which `Response` allows no characters beyond Latin-1, although servers send them.
    const { status, headers } = response;
    if (status > maxStatus) throw new UnusableResponseError(`the status ${status}, which HTTP does not have`);
    return new Response(Buffer.concat(chunks), { status, headers });
  };
}

function describeSize(bytes: number): string {
  return bytes < 1024 ** 2 ? `${bytes / 1024} KiB` : `${bytes / 1024 ** 2} MiB`;
}

/**
 * A `fetch` for conversations in which only the status counts. It drops the body, because one that is neither read nor
 * cancelled keeps the process alive for as long as the server likes.
 */
export const fetchWithoutBody: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  await response.body?.cancel().catch(() => {});
  const { status, headers } = response;
  return new Response(null, { status, headers });
};
