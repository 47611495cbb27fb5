import { DatabaseError, errorCode } from './errors.ts';

const placeHint =
  'Let this account write to the folder and the files of the database, or set DATABASE_PATH to a file in another folder';
export const damagedHint = 'Restore a backup, or start over with a different DATABASE_PATH';

/** Hints by error code. An error without a hint is a defect of this program, not a problem with the disk. */
const hints: [code: RegExp, hint: string][] = [
  [
    /^SQLITE_NOTADB/,
    'Point DATABASE_PATH at a different file, or restore a backup if this file used to be the database',
  ],
  [/^SQLITE_CORRUPT/, damagedHint],
  [/^SQLITE_BUSY/, 'Try again in a minute: another process, perhaps an audit, is writing to the database'],
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)$/, 'Free some disk space, then try again'],
  // SQLite also uses this code for EFBIG, when a file size limit or a quota is exceeded.
  [/^(SQLITE_IOERR|EFBIG)/, 'Check for free space, disk errors, quotas and process limits: a read or write failed'],
  [/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|NOLFS)/, placeHint],
  [
    /^(EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|EEXIST|EIO|ELOOP|ENAMETOOLONG|EINVAL|EBUSY|ENXIO|ENOTSUP|EOPNOTSUPP)$/,
    placeHint,
  ],
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

/** Runs work that uses the database's files, and adds a hint to errors of SQLite and the file system. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainFileError(error, `the database ${path}`);
  }
}
