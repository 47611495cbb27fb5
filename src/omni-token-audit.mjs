#!/usr/bin/env node
// An old Node cannot even read a .ts file, so that the check comes first and in plain JavaScript.
import { requireSupportedNode } from './supported-node.mjs';

requireSupportedNode(process.versions.node);
await import('./main.ts');
