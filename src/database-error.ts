import { DatabaseError, errorCode } from './errors.ts';

const placeHint = 'DATABASE_PATH must name a file in a folder that this user may write to';
export const damagedHint = 'The file is damaged: restore a backup, or start over with another DATABASE_PATH';

/** Hints by error code. An error without a hint is a defect of this program, not a problem with the disk. */
const hints: [code: RegExp, hint: string][] = [
  [
    /^SQLITE_NOTADB/,
    'The file is not a SQLite database: point DATABASE_PATH to another file, or restore a backup if it was one',
  ],
  [/^SQLITE_CORRUPT/, damagedHint],
  [/^SQLITE_BUSY/, 'Another process is writing to it, perhaps an audit: try again in a minute'],
  [/^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)$/, 'The disk is full: free some space'],
  // SQLite also uses this code when a file size limit or a quota is exceeded.
  [
    /^SQLITE_IOERR/,
    'The disk failed to read or write: free some space, and check the disk, its quota and the limits of this process',
  ],
  [/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|NOLFS)/, placeHint],
  [/^(EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|EEXIST|EIO)$/, placeHint],
];

/**
 * Turns an SQLite error about the disk or a damaged file into an error with a hint. Returns any other error
 * unchanged. It recognises errors by their code, so that callers need not load SQLite.
 *
 * @param what the file, such as `the database /data/audit.db`
 */
export function explainDatabaseError(error: unknown, what = 'the database'): unknown {
  return errorCode(error).startsWith('SQLITE_') ? explainFileError(error, what) : error;
}

/** Like `explainDatabaseError`, but also explains errors of the file system, for work that opens or writes files itself. */
export function explainFileError(error: unknown, what: string): unknown {
  const code = errorCode(error);
  const hint = hints.find(([pattern]) => pattern.test(code))?.[1];
  if (!(error instanceof Error) || hint === undefined) return error;
  // Some SQLite errors have an empty message.
  return new DatabaseError(`${what} cannot be used: ${error.message || code}`, { hint });
}

/** Runs work that uses the database, and explains an error such as a full disk or a damaged file wherever it occurs. */
export async function explainingDatabaseErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainDatabaseError(error, what);
  }
}
