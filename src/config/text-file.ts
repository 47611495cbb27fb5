import { closeSync, constants, lstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { errorCode } from '../errors.ts';

export type TextFile = { text: string } | UnusableFile;

export interface UnusableFile {
  /** A clause such as `the file is a folder`. */
  problem: string;
  /** What to do, starting with a verb. */
  hint: string;
  /** False if nothing is known to have this path, which may then be something else, such as a secret. */
  exists: boolean;
}

/** The limit for a file that holds settings. Real ones hold a few lines, and the limit protects our memory. */
const maxSettingsKilobytes = 64;

/**
 * Reads a small text file in UTF-8, without its byte order mark. Links are followed. Anything that is not a regular file is
 * refused, because reading a pipe or a device may never end.
 */
export function readTextFile(path: string, maxKilobytes = maxSettingsKilobytes): TextFile {
  try {
    const stats = statSync(path);
    return stats.isFile()
      ? decode(readBytes(path, maxKilobytes), maxKilobytes)
      : { ...whyNotRegular(stats), exists: true };
  } catch (error) {
    return { ...whyUnreadable(errorCode(error), isThere(path)), exists: isThere(path) };
  }
}

/** Returns whether something has this path, which may be a link to nothing. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function whyUnreadable(code: string, exists: boolean): { problem: string; hint: string } {
  if (code === 'ENOENT' && exists)
    return { problem: 'the file is a link to one that does not exist', hint: 'correct the link' };
  return { problem: `the file cannot be read (${code})`, hint: 'make it readable for the user that runs this program' };
}

function whyNotRegular(stats: Stats): { problem: string; hint: string } {
  const hint = 'use a regular file';
  if (!stats.isDirectory()) return { problem: 'the file is a pipe, a device or a socket', hint };
  return {
    problem: 'the file is a folder',
    hint: 'replace it with the file (Docker creates a folder if the file to mount does not exist)',
  };
}

/** Reads slightly more than the limit at most, because the size of files in /proc is not known beforehand. */
function readBytes(path: string, maxKilobytes: number): Buffer {
  // Does not wait, if the file has just been replaced by a pipe.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(maxKilobytes * 1024 + 1);
    let size = 0;
    for (let count = -1; count !== 0; size += count)
      count = readSync(descriptor, buffer, size, buffer.length - size, null);
    return buffer.subarray(0, size);
  } finally {
    closeSync(descriptor);
  }
}

function decode(bytes: Buffer, maxKilobytes: number): TextFile {
  if (bytes.length > maxKilobytes * 1024) {
    return { problem: `the file is larger than ${maxKilobytes} KB`, hint: 'correct the path', exists: true };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { text };
  } catch {
    // Reported below.
  }
  return { problem: 'the file is not plain text in UTF-8', hint: 'save it in UTF-8', exists: true };
}
