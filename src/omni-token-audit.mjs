#!/usr/bin/env node
// An old Node cannot even read a .ts file, so that the check comes first and in plain JavaScript.
import { requireSupportedNode } from './supported-node.mjs';

requireSupportedNode(process.versions.node);
// Before main.ts, which is then read from the cache without loading the TypeScript reader.
const { enableCompileCache } = await import('node:module');
enableCompileCache();
await import('./main.ts');
