/** The body of an answer is above the limit. */
export class OversizedBodyError extends Error {
  override name = 'OversizedBodyError';
}

/**
 * A `fetch` that resolves when the whole body was read, at most `maxBytes` after decompression. So one
 * timeout and one retry policy cover headers and body: a body that is cut short fails here, like a
 * connection that breaks.
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
      // Leaving the loop cancels the stream and with it the download.
      if (size > maxBytes) throw new OversizedBodyError(`more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return new Response(Buffer.concat(chunks), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

/** The innermost message of a failed `fetch`, such as `connect ECONNREFUSED 127.0.0.1:1` instead of `fetch failed`. */
export function rootMessage(error: Error): string {
  let root = error;
  for (let depth = 0; depth < 5 && root.cause instanceof Error; depth += 1) root = root.cause;
  // Several addresses were tried: an AggregateError has no message of its own.
  if (root instanceof AggregateError && root.message === '' && root.errors[0] instanceof Error) root = root.errors[0];
  return root.message;
}
