import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { requireSupportedNode } from './supported-node.mjs';

// V8 lets its young generation grow to 48 MB and the old one to several times what is alive, for speed
// that is of no use here. Measured: a worker that idles for days has 25 MB less; an audit of 100,000
// tokens by hand has a third less, at the price of some processor time while it waits for Omni anyway.
const smallWhileIdle = ['--max-semi-space-size=1', '--optimize-for-size'];
const smallWhileBusy = ['--semi-space-growth-factor=1', '--heap-growing-percent=50'];

requireSupportedNode(process.versions.node);
const args = process.argv.slice(2);
for (const flag of args[0] === 'start' ? smallWhileIdle : smallWhileBusy) setFlagsFromString(flag);
enableCompileCache();
const { runCommandLine } = await import('./cli/command-line.ts');
process.exitCode = await runCommandLine(args);
