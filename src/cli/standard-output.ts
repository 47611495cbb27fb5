import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../errors.ts';

/** How many characters to write at once. One pass through the event loop per row would cost more than the row. */
const pieceLength = 16_384;

/**
 * Writes parts as fast as the reader takes them, and never reads far ahead, so that a long result does not pile
 * up in memory. Ends early and without an error when the reader has closed its end.
 */
export async function writeAll(parts: Iterable<string>, output: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(inPieces(parts), { highWaterMark: 1 }), output, { end: false });
  } catch (error) {
    if (!isClosedPipe(error)) throw error;
  }
}

/** Ignores a reader that closes the pipe early, as `… | head` does: the work continues and keeps its exit code. */
export function ignoreClosedPipe(output: Writable): void {
  output.on('error', (error) => {
    if (!isClosedPipe(error)) throw error;
  });
}

function* inPieces(parts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function isClosedPipe(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(errorCode(error));
}
