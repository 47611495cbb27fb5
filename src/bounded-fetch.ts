/** Thrown when the body of a response is larger than the limit. */
export class OversizedBodyError extends Error {
  override name = 'OversizedBodyError';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/**
 * Returns a `fetch` that resolves only when it has read the whole body, at most `maxBytes` after decompression.
 * The timeout and the retries of the caller then cover the body as well as the headers, and a truncated body fails
 * like a broken connection.
 *
 * @throws OversizedBodyError, and whatever `fetch` throws.
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
      if (size > maxBytes) throw new OversizedBodyError(maxBytes);
      chunks.push(chunk);
    }
    return new Response(Buffer.concat(chunks), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

/** Returns the innermost message of a failed `fetch`: `connect ECONNREFUSED 127.0.0.1:1` instead of `fetch failed`. */
export function rootMessage(error: Error): string {
  let root = error;
  for (let depth = 0; depth < 5 && root.cause instanceof Error; depth += 1) root = root.cause;
  // When fetch tried several addresses, it throws an AggregateError, whose own message is empty.
  if (root instanceof AggregateError && root.message === '' && root.errors[0] instanceof Error) root = root.errors[0];
  return root.message;
}
