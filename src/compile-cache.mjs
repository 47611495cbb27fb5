// Plain JavaScript that an old Node can read, like supported-node.mjs.
import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** Accounts that can write to node_modules can change the program anyway. No other account can put code here. */
export const compileCacheFolder = fileURLToPath(new URL('../node_modules/.omni-token-audit-cache', import.meta.url));

/**
 * Makes Node keep compiled code, so that later starts take half as long. Its own default is a predictable folder under the
 * shared temporary folder, where another account could plant code. If NODE_COMPILE_CACHE is set, Node already uses that
 * folder.
 */
export function enableOwnCompileCache() {
  createCompileCacheFolder();
  module.enableCompileCache(compileCacheFolder);
}

/** Creates the folder for this account only, whatever the umask is. */
export function createCompileCacheFolder() {
  try {
    mkdirSync(compileCacheFolder, { mode: 0o700 });
  } catch {
    // It exists, or this account cannot write here. In that case Node keeps nothing.
  }
}
