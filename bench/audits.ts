import { type Figures, measure, median, medianOf, program } from './measure.ts';
import { type WatchedOrganisation, watchOrganisation } from './organisation.ts';

export type AuditKind = 'baseline' | 'quiet' | '1 % churn' | 'owners learned';

/** Measurements of one kind of audit, paired with bare walks over the same pages. */
export interface AuditFigures {
  tokens: number;
  /** Latency of each page. */
  latencyMs: number;
  audit: AuditKind;
  wallMs: number;
  bareMs: number;
  /** The median over all pairs. */
  ratio: number;
  cpuMs: number;
  peakMb: number;
  blockMs: number;
  databaseMb: number;
  /** How many bytes each run added to the database file, once SQLite has merged its write-ahead log. */
  grownBytes: number;
}

/** Fewer pairs at the largest sizes, where each takes minutes. */
const pairsOf = (tokens: number): number => (tokens >= 1_000_000 ? 1 : 5);

/** Measures all kinds of audits of an organisation with `tokens` tokens, one after the other, on the same database. */
export async function measureAudits(tokens: number, latencyMs: number): Promise<AuditFigures[]> {
  const rows: AuditFigures[] = [];
  await using organisation = await watchOrganisation();
  const set = (version: number, tokensPerOwner = 0): Promise<void> =>
    organisation.set({ tokenCount: tokens, version, latencyMs, tokensPerOwner });
  const note = async (audit: AuditKind, pairs: number, before: (pair: number) => Promise<void>): Promise<void> => {
    const row = { tokens, latencyMs, audit, ...(await measurePairs(organisation, pairs, before)) };
    rows.push(row);
    process.stderr.write(`${JSON.stringify(row)}\n`);
  };
  await note('baseline', 1, () => set(0));
  await note('quiet', pairsOf(tokens), async () => {});
  await note('1 % churn', pairsOf(tokens), (pair) => set(pair + 1));
  if (latencyMs === 0) await note('owners learned', 1, () => set(pairsOf(tokens), 30));
  return rows;
}

async function measurePairs(
  organisation: WatchedOrganisation,
  pairs: number,
  before: (pair: number) => Promise<void>,
): Promise<Omit<AuditFigures, 'tokens' | 'latencyMs' | 'audit'>> {
  const audits: Figures[] = [];
  const walks: Figures[] = [];
  const startBytes = organisation.databaseBytes();
  for (let pair = 0; pair < pairs; pair += 1) {
    await before(pair);
    walks.push(await organisation.bareWalk());
    audits.push(await organisation.audit());
  }
  const endBytes = organisation.databaseBytes();
  return {
    wallMs: medianOf(audits, 'wallMs'),
    bareMs: medianOf(walks, 'wallMs'),
    ratio: median(audits.map(({ wallMs }, index) => wallMs / (walks[index]?.wallMs ?? Number.NaN))),
    cpuMs: medianOf(audits, 'cpuMs'),
    peakMb: medianOf(audits, 'peakMb'),
    blockMs: medianOf(audits, 'blockMs'),
    databaseMb: endBytes / 1_000_000,
    grownBytes: (endBytes - startBytes) / pairs,
  };
}

/** Measures how long it takes to render the mail about a baseline of `tokens` tokens, each of them a finding. */
export async function measureDigest(tokens: number): Promise<Figures> {
  await using organisation = await watchOrganisation();
  await organisation.set({ tokenCount: tokens, version: 0, latencyMs: 0, tokensPerOwner: 0 });
  await organisation.audit();
  return await measure(program, ['preview', '--run', '1'], organisation.env);
}
