#!/usr/bin/env node
// An old Node cannot even read a .ts file, so this check comes first and is plain JavaScript.
import { requireSupportedNode } from './supported-node.mjs';

requireSupportedNode(process.versions.node);
// Enabled before main.ts is loaded: cached code needs no TypeScript stripping.
const { enableCompileCache } = await import('node:module');
enableCompileCache();
await import('./main.ts');
