// Runs `node ARGUMENTS` with the Node that `npm ci` installed, whatever Node runs this file. Every npm script starts with it.
// npm before version 11.7 does not link that Node into node_modules/.bin: of several platform packages with the same
// command, it removes the link together with the packages that are not for this platform.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refuse, requirePackages, requireSupportedNode } from '../src/supported-node.mjs';

const platform = process.platform === 'win32' ? 'win' : process.platform;
const own = fileURLToPath(new URL(`../node_modules/node-${platform}-${process.arch}/bin/node`, import.meta.url));
const [script = '', ...args] = process.argv.slice(2);

const hasOwn = spawnSync(own, ['-v']).status === 0;
if (!hasOwn) requireSupportedNode(process.versions.node);
// The program itself checks what it needs, which is less.
if (!script.startsWith('src/')) {
  const command = 'npm ci --include=dev --include=optional';
  requirePackages(['dependencies', 'devDependencies'], command);
  // The linter and the compiler each have one such package for every platform, so they are installed or omitted together.
  const hasCompiler = existsSync(new URL('../node_modules/@typescript', import.meta.url));
  if (!hasCompiler) refuse(`needs the optional packages, which are not installed. Run \`${command}\`.`);
}

const child = spawn(hasOwn ? own : process.execPath, [script, ...args], { stdio: 'inherit' });
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
// A terminal sends it to the child, too, and a second one would end the child at once.
process.on('SIGINT', () => {});
child.on('close', (code) => {
  process.exitCode = code === null ? 1 : code;
});
