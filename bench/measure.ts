import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What one process used from its start to its end. */
export interface Figures {
  wallMs: number;
  cpuMs: number;
  /** Peak of resident memory. */
  peakMb: number;
  /** The longest time for which the event loop served nothing else, after the program was loaded. */
  blockMs: number;
}

const usage = import.meta.resolve('./usage.ts');
export const program = '../src/omni-token-audit.mjs';

/** Runs a script of this project and measures it. Fails if the script does. */
export async function measure(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const usageFile = join(folder, 'usage.json');
  const path = fileURLToPath(new URL(script, import.meta.url));
  const startMs = performance.now();
  const child = spawn(process.execPath, [path, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_OPTIONS: `--import ${usage}`, BENCH_USAGE_FILE: usageFile, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  const wallMs = performance.now() - startMs;
  assert.equal(code, 0, stderr.slice(-2000));
  const { userCPUTime, systemCPUTime, maxRSS, maxBlockMs } = JSON.parse(readFileSync(usageFile, 'utf8'));
  rmSync(folder, { recursive: true });
  return { wallMs, cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024, blockMs: maxBlockMs };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const next = sorted[Math.ceil((sorted.length - 1) / 2)];
  return ((middle ?? Number.NaN) + (next ?? Number.NaN)) / 2;
}

/** Returns the median of one figure over several processes. */
export function medianOf(figures: readonly Figures[], what: keyof Figures): number {
  return median(figures.map((each) => each[what]));
}
