// Plain JavaScript without new syntax, since an old Node must be able to run it.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const oldestNode = '24.14';

const root = fileURLToPath(new URL('..', import.meta.url)).slice(0, -1);

/**
 * Ends the process with one readable sentence when this Node is too old. Otherwise it would crash with a stack trace.
 *
 * @param {string} running such as `20.19.0`
 */
export function requireSupportedNode(running) {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  refuse(
    `needs Node ${oldestNode} or newer (found: ${running}). Run \`npm ci --include=optional\` in ${root} on Linux or Windows, or install it from https://nodejs.org.`,
  );
}

/**
 * Ends the process with one readable sentence when a package is not installed. Otherwise the first import would crash.
 *
 * @param {('dependencies' | 'devDependencies')[]} fields the fields of package.json that list the packages
 * @param {string} command installs them
 */
export function requirePackages(fields, command) {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  const names = fields.flatMap((field) => Object.keys(manifest[field]));
  const missing = names.filter((name) => !existsSync(`${root}/node_modules/${name}/package.json`));
  if (missing.length > 0)
    refuse(`needs packages that are not installed (${missing.join(', ')}). Run \`${command}\` in ${root}.`);
}

/** @param {string} problem */
export function refuse(problem) {
  process.stderr.write(`omni-token-audit ${problem}\n`);
  process.exit(2);
}
