/**
 * `npm run bench` measures whole audits by the real command and compares them with a bare walk over the same pages. Each
 * runs in its own process, and so does the server. It also measures a simulated year, the digest and the start of
 * commands, prints the tables and writes them to RESULTS.md.
 *
 * `npm run bench -- 1000 10000` measures only audits of these sizes and prints them.
 */
import { writeFileSync } from 'node:fs';
import { type AuditFigures, measureAudits, measureDigest } from './audits.ts';
import { describeAudits, describeResults } from './results.ts';
import { measureStartUp } from './start-up.ts';
import { measureYear } from './year.ts';

const allSizes = [1000, 10_000, 100_000, 1_000_000];

async function auditsOf(sizes: readonly number[]): Promise<AuditFigures[]> {
  const rows: AuditFigures[] = [];
  for (const tokens of sizes) {
    for (const latencyMs of tokens >= 1_000_000 ? [0] : [0, 3]) rows.push(...(await measureAudits(tokens, latencyMs)));
  }
  return rows;
}

const asked = process.argv.slice(2).map(Number);
if (asked.length > 0) {
  process.stdout.write(`${describeAudits(await auditsOf(asked))}\n`);
} else {
  const startUp = await measureStartUp();
  const digest = await measureDigest(100_000);
  const audits = await auditsOf(allSizes);
  const year = await measureYear(10_000, 5);
  const results = describeResults({ audits, year, digest, startUp });
  process.stdout.write(`${results}\n`);
  writeFileSync(new URL('./RESULTS.md', import.meta.url), `${results}\n`);
}
