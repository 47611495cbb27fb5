/**
 * `npm run bench`: whole audits by the real command beside a bare walk over the same pages, both in
 * processes of their own, against a server in a third one. Prints a table and writes it to RESULTS.md.
 * `npm run bench -- 1000 10000` measures these sizes; without any, 1,000 to 100,000.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type Figures, median } from './measure.ts';
import { type WatchedOrganisation, watchOrganisation } from './organisation.ts';

interface Row {
  tokens: number;
  latencyMs: number;
  audit: string;
  wallMs: number;
  bareMs: number;
  /** Median of the pairs. */
  ratio: number;
  cpuMs: number;
  peakMb: number;
  databaseMb: number;
  /** By each run. */
  grownBytes: number;
}

const asked = process.argv.slice(2).map(Number);
const sizes = asked.length > 0 ? asked : [1000, 10_000, 100_000];
/** A pair costs seconds to minutes at the largest sizes. */
const pairsOf = (tokens: number): number => (tokens >= 1_000_000 ? 1 : tokens >= 100_000 ? 3 : 5);

const rows: Row[] = [];
for (const tokens of sizes) {
  for (const latencyMs of tokens >= 1_000_000 ? [0] : [0, 3]) {
    await using organisation = await watchOrganisation();
    const set = (version: number, tokensPerOwner = 0): Promise<void> =>
      organisation.set({ tokenCount: tokens, version, latencyMs, tokensPerOwner });
    const note = async (audit: string, pairs: number, before: (pair: number) => Promise<void>): Promise<void> => {
      const row = { tokens, latencyMs, audit, ...(await measurePairs(organisation, pairs, before)) };
      rows.push(row);
      process.stderr.write(`${JSON.stringify(row)}\n`);
    };
    await note('baseline', 1, () => set(0));
    await note('quiet', pairsOf(tokens), async () => {});
    await note('1 % churn', pairsOf(tokens), (pair) => set(pair + 1));
    if (latencyMs === 0) await note('owners learned', 1, () => set(pairsOf(tokens), 30));
  }
}

async function measurePairs(
  organisation: WatchedOrganisation,
  pairs: number,
  before: (pair: number) => Promise<void>,
): Promise<Omit<Row, 'tokens' | 'latencyMs' | 'audit'>> {
  const audits: Figures[] = [];
  const walks: Figures[] = [];
  const startBytes = organisation.databaseBytes();
  for (let pair = 0; pair < pairs; pair += 1) {
    await before(pair);
    walks.push(await organisation.bareWalk());
    audits.push(await organisation.audit());
  }
  const endBytes = organisation.databaseBytes();
  const of = (figures: readonly Figures[], what: 'wallMs' | 'cpuMs' | 'peakMb'): number =>
    median(figures.map((each) => each[what]));
  return {
    wallMs: of(audits, 'wallMs'),
    bareMs: of(walks, 'wallMs'),
    ratio: median(audits.map(({ wallMs }, index) => wallMs / (walks[index]?.wallMs ?? Number.NaN))),
    cpuMs: of(audits, 'cpuMs'),
    peakMb: of(audits, 'peakMb'),
    databaseMb: endBytes / 1_000_000,
    grownBytes: (endBytes - startBytes) / pairs,
  };
}

const round = (value: number): string => Math.round(value).toLocaleString('en');
const table = [
  '| tokens | latency of a page | audit | wall, ms | bare walk, ms | ratio | CPU, ms | peak memory, MB | database, MB | grown by, bytes |',
  '|---|---|---|---|---|---|---|---|---|---|',
  ...rows.map((row) =>
    [
      '',
      round(row.tokens),
      `${row.latencyMs} ms`,
      row.audit,
      round(row.wallMs),
      round(row.bareMs),
      row.ratio.toFixed(2),
      round(row.cpuMs),
      round(row.peakMb),
      row.databaseMb.toFixed(1),
      round(row.grownBytes),
      '',
    ]
      .join(' | ')
      .trim(),
  ),
].join('\n');
const machine = `${cpus().length} processors (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
process.stdout.write(`${table}\n\n${machine}\n`);
writeFileSync(
  new URL('./RESULTS.md', import.meta.url),
  `# Benchmark\n\nWritten by \`npm run bench\`. Whole processes, their start included; medians of alternating pairs of a bare walk\n(\`fetch\` and \`json()\`) and an audit, whose ratio is the figure to look at: absolute times are those of one machine.\n\n${table}\n\n${machine}\n`,
);
