import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { loadConfig } from '../config/settings.ts';
import { errorCode, UsageError } from '../errors.ts';
import { oddKindOf } from '../file-kind.ts';
import { draftSuffix, isDatabaseFile } from '../store/locate-database.ts';

/** A file that a command writes for its user. */
export interface OutputFile {
  path: string;
  /** What the user wrote, such as `--html "digest.html"`. */
  label: string;
  /** May a file be replaced? `unsupported` if the command cannot do it. */
  force: boolean | 'unsupported';
}

/** Refuses a path at which something exists, or that belongs to the database even if nothing exists. @throws UsageError */
export function requireFreePath({ path, label, force }: OutputFile, env: NodeJS.ProcessEnv): void {
  explainingWriteErrors(label, () => {
    if (path === '') throw new UsageError(`${label}: the file name is empty`);
    if (belongsToDatabase(path, env)) {
      throw new UsageError(`${label} belongs to the database: use a different file name`);
    }
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    const kind = oddKindOf(stats);
    if (kind !== null) throw new UsageError(`${label} is ${kind}: use a new file name`);
    if (force !== true) {
      const way = force === 'unsupported' ? '' : ', or add --force to replace the file';
      throw new UsageError(`${label} already exists: use a new file name${way}`);
    }
  });
}

/** A database that cannot be located cannot be overwritten either, and a sample needs none. */
function belongsToDatabase(path: string, env: NodeJS.ProcessEnv): boolean {
  try {
    return isDatabaseFile(path, loadConfig(env, ['databasePath']).databasePath);
  } catch {
    return false;
  }
}

/** Writes a file that only its owner can read. It replaces a file only with `force`, and never follows a link. @throws UsageError */
export function writeOutput({ path, label, force }: OutputFile, content: string): void {
  const draft = force === true ? path + draftSuffix : path;
  explainingWriteErrors(label, () => {
    if (draft !== path) rmSync(draft, { force: true });
    try {
      writeFileSync(draft, content, { flag: 'wx', mode: 0o600 });
      if (draft !== path) renameSync(draft, path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') rmSync(draft, { force: true });
      throw error;
    }
  });
}

/** Runs work that writes an output file, and turns any error into a UsageError that names the file. */
export function explainingWriteErrors(label: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${label} cannot be written: ${error instanceof Error ? error.message : error}`, {
      hint: 'Choose a new file name in an existing folder with enough free space that this user can write to',
      cause: error,
    });
  }
}
