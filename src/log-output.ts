import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { type Clock, systemClock } from './clock.ts';
import { errorCode } from './errors.ts';

/** Where log lines and errors go. Losing them never changes a result, an exit code or the end of a command. */
export interface LogOutput {
  /**
   * Writes a line and returns true, or loses it and returns false. Never throws. It waits for a reader that does not
   * read, but only for a short time in all. When writing works again, a line says how many were lost.
   */
  write(line: string): boolean;
}

export interface LogOutputOptions {
  /** Called once, with the reason, such as `ENOSPC: no space left on device`. */
  onFirstLoss?: (problem: string) => void;
  /** The longest wait for a reader. The default is about as long as a log shipper needs to restart. */
  maxWaitMs?: number;
  clock?: Pick<Clock, 'now' | 'monotonicMs'>;
}

/** Opens a descriptor for log lines: 1 is stdout, 2 is stderr. */
export function openLogOutput(descriptor: number, options: LogOutputOptions = {}): LogOutput {
  const { maxWaitMs = 2000, clock = systemClock } = options;
  const fd = withoutBlocking(descriptor);
  const waitForReader = createPatience(maxWaitMs, clock);
  let { onFirstLoss } = options;
  let lostCount = 0;
  /** True if only a part of the last line was written, as when a disk becomes full. */
  let isTorn = false;

  return {
    write(line) {
      const head = `${isTorn ? '\n' : ''}${lostCount > 0 ? describeLoss(lostCount, clock.now()) : ''}`;
      const bytes = Buffer.from(head + line);
      const { written, problem } = writeWhole(fd, bytes, waitForReader);
      if (written > 0) isTorn = problem !== null && bytes[written - 1] !== newline;
      if (written >= Buffer.byteLength(head)) lostCount = 0;
      if (problem === null) return true;
      lostCount += 1;
      onFirstLoss?.(problem);
      onFirstLoss = undefined;
      return false;
    },
  };
}

const newline = 10;

/** Has the format of the log, whatever its level. */
function describeLoss(lines: number, time: Date): string {
  const entry = { level: 'warn', time, name: 'omni-token-audit', lines, msg: 'log lines were lost' };
  return `${JSON.stringify(entry)}\n`;
}

/**
 * Writes all bytes, unlike Node's functions, which may write only some of them to a nearly full disk. Never throws.
 *
 * @param waitForReader called when the reader has not read what was written before; returns false to give up
 * @returns how many bytes were written, and why not all: `ENOSPC: no space left on device`; null if all were
 */
export function writeWhole(
  fd: number,
  bytes: Uint8Array,
  waitForReader: () => boolean = () => false,
): { written: number; problem: string | null } {
  let written = 0;
  while (written < bytes.length) {
    try {
      const count = writeSync(fd, bytes, written);
      if (count === 0) return { written, problem: 'no more bytes were accepted' };
      written += count;
    } catch (error) {
      const isReaderBusy = errorCode(error) === 'EAGAIN';
      if (isReaderBusy && waitForReader()) continue;
      const message = error instanceof Error ? error.message.replace(/, write$/, '') : String(error);
      return { written, problem: isReaderBusy ? 'EAGAIN: the reader is not reading' : message };
    }
  }
  return { written, problem: null };
}

/**
 * Returns a descriptor of the same stream on which a write never blocks. A reader that does not read would otherwise
 * stop the process for ever.
 */
function withoutBlocking(descriptor: number): number {
  try {
    // Writing to a file never blocks, and a file that is opened again would be overwritten from its start.
    if (fstatSync(descriptor).isFile()) return descriptor;
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return openSync(`/proc/self/fd/${descriptor}`, flags);
  } catch {
    // Sockets and other users' pipes cannot be opened again. Node stops them from blocking when it creates its stream.
    return (descriptor === 1 ? process.stdout : process.stderr).fd;
  }
}

/** The budget refills slowly, because a worker runs for months, and a reader that never reads must not slow it down. */
const maxShareOfTime = 1 / 60;
const pauseMs = 5;

/** Returns a function that waits for a moment. It returns false once all waits together have become too long. */
function createPatience(maxWaitMs: number, { monotonicMs }: Pick<Clock, 'monotonicMs'>): () => boolean {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let leftMs = maxWaitMs;
  let lastMs = monotonicMs();
  return () => {
    const nowMs = monotonicMs();
    leftMs = Math.min(maxWaitMs, leftMs + (nowMs - lastMs) * maxShareOfTime);
    lastMs = nowMs;
    if (leftMs < pauseMs) return false;
    Atomics.wait(cell, 0, 0, pauseMs);
    leftMs -= pauseMs;
    return true;
  };
}
