import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { requireSupportedNode } from './supported-node.mjs';

requireSupportedNode(process.versions.node);
const args = process.argv.slice(2);
if (args[0] === 'start') {
  // A worker that idles for days is better small than fast: measured, 5 to 10 MB less. Commands that end are better fast.
  setFlagsFromString('--max-semi-space-size=1');
  setFlagsFromString('--optimize-for-size');
}
enableCompileCache();
const { runCommandLine } = await import('./commands/command-line.ts');
process.exitCode = await runCommandLine(args);
