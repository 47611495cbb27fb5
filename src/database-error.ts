import { DatabaseError, errorCode } from './errors.ts';

const placeHint = 'DATABASE_PATH must name a file in a folder that this user may write to';
export const damagedHint = 'The file is damaged: restore a backup, or start again with another DATABASE_PATH';

/** By the code of the error. Other errors are no fault of the disk, but of this program. */
const hints: [code: RegExp, hint: string][] = [
  [
    /^SQLITE_NOTADB/,
    'The file is no SQLite database: point DATABASE_PATH elsewhere, or restore a backup if it was one',
  ],
  [/^SQLITE_CORRUPT/, damagedHint],
  [/^SQLITE_BUSY/, 'Another process is writing into it, perhaps an audit: try again in a minute'],
  [/^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)$/, 'The disk is full: make room'],
  // A limit on the size of files and a quota come as this, too.
  [
    /^SQLITE_IOERR/,
    'The disk failed to read or write: make room, and check the disk, its quota and the limits of this process',
  ],
  [/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|NOLFS)/, placeHint],
  [/^(EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|EEXIST|EIO)$/, placeHint],
];

/**
 * What SQLite says of a disk or a damaged file, as an error with a hint; any other error as it is.
 * It is recognised by its code, so that nobody has to load SQLite to know it.
 *
 * @param what such as `the database /data/audit.db`
 */
export function explainDatabaseError(error: unknown, what = 'the database'): unknown {
  return errorCode(error).startsWith('SQLITE_') ? explainFileError(error, what) : error;
}

/** The same for work that opens or writes files itself: what the system says of them is explained too. */
export function explainFileError(error: unknown, what: string): unknown {
  const code = errorCode(error);
  const hint = hints.find(([pattern]) => pattern.test(code))?.[1];
  if (!(error instanceof Error) || hint === undefined) return error;
  // SQLite has no words for some of its codes.
  return new DatabaseError(`${what} cannot be used: ${error.message || code}`, { hint });
}

/** For work that touches the disk at many places: a full one or a damaged file may show at any of them. */
export async function explainingDatabaseErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainDatabaseError(error, what);
  }
}
