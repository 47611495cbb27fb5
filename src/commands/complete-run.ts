import { UsageError } from '../errors.ts';
import type { LookStore } from '../store/store.ts';

/**
 * The complete run that `--run` names, or the last one; null when none was ever complete.
 *
 * @throws UsageError when the named run is missing or never became complete: half a snapshot is none.
 */
export function chooseRun(store: LookStore, asked: number | null): number | null {
  if (asked === null) return store.runs.lastComplete()?.id ?? null;
  const run = store.runs.find(asked);
  if (run === null) throw new UsageError(`--run ${asked}: there is no such run; \`runs\` lists them`);
  if (run.status !== 'complete')
    throw new UsageError(`--run ${asked}: that run is ${run.status}, so it has no snapshot and told nothing`);
  return asked;
}
