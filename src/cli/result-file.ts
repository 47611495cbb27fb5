import { writeFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import type { CommandContext } from './command.ts';

/** Writes the file of `--html FILE`, readable by its owner only, and says so. @throws UsageError */
export function writeResult(path: string, content: string, what: string, { print }: CommandContext): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`--html ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  }
  print(`Wrote the ${what} to ${path}\n`);
}
