import { type Figures, measure, median, medianOf, program } from './measure.ts';
import { type WatchedOrganisation, watchOrganisation } from './organisation.ts';

export type AuditKind = 'baseline' | 'quiet' | '1 % churn' | 'owners learned';

/** Audits of one kind beside bare walks over the same pages. */
export interface AuditFigures {
  tokens: number;
  /** Of each page. */
  latencyMs: number;
  audit: AuditKind;
  wallMs: number;
  bareMs: number;
  /** Median of the pairs. */
  ratio: number;
  cpuMs: number;
  peakMb: number;
  stretchMs: number;
  databaseMb: number;
  /** By each run, in the file; the log of SQLite is gone by then. */
  grownBytes: number;
}

/** A pair costs seconds to minutes at the largest sizes. */
const pairsOf = (tokens: number): number => (tokens >= 1_000_000 ? 1 : 5);

/** All kinds of audits of an organisation of that size, one after the other, with the same database. */
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
    stretchMs: medianOf(audits, 'stretchMs'),
    databaseMb: endBytes / 1_000_000,
    grownBytes: (endBytes - startBytes) / pairs,
  };
}

/** Renders the digest about a baseline in which every one of so many tokens is a finding. */
export async function measureDigest(tokens: number): Promise<Figures> {
  await using organisation = await watchOrganisation();
  await organisation.set({ tokenCount: tokens, version: 0, latencyMs: 0, tokensPerOwner: 0 });
  await organisation.audit();
  return await measure(program, ['preview', '--run', '1'], organisation.env);
}
