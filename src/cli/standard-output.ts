import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../errors.ts';

/** Characters written at once. A turn of the event loop for each row would cost more than the row. */
const pieceLength = 16_384;

/**
 * Writes parts as fast as the reader takes them and produces no more ahead, so a result of any length
 * stays out of memory. Ends early and quietly when the reader goes away.
 */
export async function writeAll(parts: Iterable<string>, output: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(inPieces(parts), { highWaterMark: 1 }), output, { end: false });
  } catch (error) {
    if (!isClosedPipe(error)) throw error;
  }
}

/** `… | head` closes the pipe early. Later output is lost, but the work and its exit code are not. */
export function goOnWhenNobodyReads(output: Writable): void {
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
