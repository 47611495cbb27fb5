import { DatabaseError, errorCode } from './errors.ts';

/**
 * What SQLite says of a disk or a damaged file, as an error with a hint; any other error as it is.
 * Told apart by its code, so that nobody has to load SQLite to know it.
 *
 * @param what such as `the database /data/audit.db`
 */
export function explainDatabaseError(error: unknown, what = 'the database'): unknown {
  return explain(error, what, (code) => (code.startsWith('SQLITE_') ? sqliteHint(code) : null));
}

/** The same for work that opens or writes files itself: what the system says of them is explained too. */
export function explainFileError(error: unknown, what: string): unknown {
  return explain(error, what, (code) => (code.startsWith('SQLITE_') ? sqliteHint(code) : systemHint(code)));
}

function explain(error: unknown, what: string, hintFor: (code: string) => string | null): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  const code = errorCode(error);
  const hint = hintFor(code);
  if (hint === null) return error;
  // SQLite has no words for some of its codes.
  const reason = error.message === '' ? code : error.message;
  return new DatabaseError(`${what} cannot be used: ${reason}`, { hint });
}

/** For work that touches the disk at many places: a full one or a damaged file may show at any of them. */
export async function explainingDatabaseErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainDatabaseError(error, what);
  }
}

const placeHint = 'DATABASE_PATH must name a file in a folder that this user may write to';
const fullHint = 'The disk is full: make room';
export const damagedHint = 'The file is damaged: restore a backup, or start anew with another DATABASE_PATH';

/** null: it is no fault of the disk, but of this program. */
function sqliteHint(code: string): string | null {
  if (code === 'SQLITE_NOTADB') {
    return 'The file is no SQLite database: point DATABASE_PATH elsewhere, or restore a backup if it was one';
  }
  if (code.startsWith('SQLITE_CORRUPT')) return damagedHint;
  if (code.startsWith('SQLITE_BUSY')) {
    return 'Another process is writing into it, perhaps an audit: try again in a minute';
  }
  if (code === 'SQLITE_FULL') return fullHint;
  // A limit on the size of files and a quota come as this, too.
  if (code.startsWith('SQLITE_IOERR')) {
    return 'The disk did not take or give what it should: make room, and check the disk, its quota and the limits of this process';
  }
  return /^SQLITE_(CANTOPEN|READONLY|PERM|AUTH|NOLFS)/.test(code) ? placeHint : null;
}

/** null: it is no fault of a file. */
function systemHint(code: string): string | null {
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return fullHint;
  return ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'EIO'].includes(code) ? placeHint : null;
}
