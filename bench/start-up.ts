import { type Figures, measure, medianOf, program } from './measure.ts';
import { watchOrganisation } from './organisation.ts';

/** How long a small command takes, with and without compiled code on disk. */
export interface StartUpFigures {
  command: string;
  cachedMs: number;
  uncachedMs: number;
  peakMb: number;
}

const rounds = 7;

/** Measures whole processes on a small database. */
export async function measureStartUp(): Promise<StartUpFigures[]> {
  await using organisation = await watchOrganisation();
  await organisation.set({ tokenCount: 250, version: 0, latencyMs: 0, tokensPerOwner: 0 });
  await organisation.audit();
  const rows: StartUpFigures[] = [];
  for (const command of ['--help', 'healthcheck', 'status', 'audit']) {
    const cached: Figures[] = [];
    const uncached: Figures[] = [];
    for (let round = 0; round < rounds; round += 1) {
      cached.push(await measure(program, [command], organisation.env));
      const env = { ...organisation.env, NODE_DISABLE_COMPILE_CACHE: '1' };
      uncached.push(await measure(program, [command], env));
    }
    rows.push({
      command,
      cachedMs: medianOf(cached, 'wallMs'),
      uncachedMs: medianOf(uncached, 'wallMs'),
      peakMb: medianOf(cached, 'peakMb'),
    });
  }
  return rows;
}
