import { enableCompileCache } from 'node:module';
import { requireSupportedNode } from './supported-node.mjs';

requireSupportedNode(process.versions.node);
enableCompileCache();
const { runCommandLine } = await import('./commands/command-line.ts');
process.exitCode = await runCommandLine(process.argv.slice(2));
