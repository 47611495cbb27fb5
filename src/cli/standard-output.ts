import { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../errors.ts';
import { writeWhole } from '../log-output.ts';

/** The results of a command on their way to stdout. A failure is kept until the command has done its work. */
export interface Results {
  print(text: string): void;
  /**
   * Prints parts as fast as the reader takes them, and never reads far ahead, so that a long result does not pile
   * up in memory. Ends early when the reader has closed its end, or when they cannot be written.
   *
   * @throws the signal's reason when it is aborted
   */
  printAll(parts: Iterable<string>, signal: AbortSignal): Promise<void>;
  /**
   * Waits until everything is written. Returns why something was lost, such as `ENOSPC: no space left on device`. Returns
   * null if nothing was, or if the reader closed its end early, as `… | head` does.
   */
  finish(): Promise<string | null>;
}

export function openResults(output: Writable): Results {
  let failure: Error | null = null;
  let lastPrinted = Promise.resolve();
  const fail = (error: Error): void => {
    failure ??= error;
  };
  output.on('error', fail);
  return {
    print(text) {
      lastPrinted = new Promise((resolve) => output.write(text, () => resolve()));
    },
    async printAll(parts, signal) {
      const pieces = Readable.from(inPieces(parts), { highWaterMark: 1 });
      await pipeline(pieces, output, { end: false, signal }).catch((error: Error) => {
        signal.throwIfAborted();
        fail(error);
      });
    },
    async finish() {
      await lastPrinted;
      return failure === null || isClosedPipe(failure) ? null : failure.message;
    },
  };
}

/** Returns a stream to stdout. Node's own would ignore that a file took only a part of a result. */
export function standardOutput(): Writable {
  if (process.stdout instanceof Socket) return process.stdout;
  return new Writable({
    write(chunk, _encoding, done) {
      const { problem } = writeWhole(process.stdout.fd, chunk);
      done(problem === null ? null : new Error(problem));
    },
  });
}

/** How many characters to write at once. One pass through the event loop per row would cost more than the row. */
const pieceLength = 16_384;

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
