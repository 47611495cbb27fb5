// An old Node cannot even read a .ts file, so these checks come first and are plain JavaScript.
import { enableOwnCompileCache } from './compile-cache.mjs';
import { refuse, requirePackages, requireSupportedNode } from './supported-node.mjs';

requireSupportedNode(process.versions.node);
if (import.meta.url.includes('/node_modules/')) {
  refuse(
    'cannot run inside node_modules, where Node reads no TypeScript. Clone its repository, or use the container image.',
  );
}
requirePackages(['dependencies'], 'npm ci');
// Enabled before main.ts is loaded: cached code needs no TypeScript stripping.
enableOwnCompileCache();
await import('./main.ts');
