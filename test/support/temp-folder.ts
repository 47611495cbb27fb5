import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openAuditStore } from '../../src/stores.ts';
import { someMorning } from './fake-clock.ts';

/** Creates a folder for one test and removes it afterwards. */
export function tempFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'omni-token-audit-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns the path of a database that does not exist yet. */
export function tempDatabase(context: TestContext): string {
  return join(tempFolder(context), 'audit.db');
}

/** Returns the path of a database without any run, by default in a folder of its own. */
export function newDatabase(context: TestContext, folder = tempFolder(context)): string {
  const path = join(folder, 'audit.db');
  openAuditStore(path, someMorning)[Symbol.dispose]();
  return path;
}
