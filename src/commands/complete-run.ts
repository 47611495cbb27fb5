import { UsageError } from '../errors.ts';
import type { LookStore } from '../store/store.ts';

/**
 * The complete run that `--run` names, or the last one; null when none was ever complete.
 *
 * @throws UsageError when the named run is missing, never became complete, or was pruned: half a snapshot is none.
 */
export function chooseRun(store: LookStore, asked: number | null): number | null {
  if (asked === null) return store.runs.lastComplete()?.id ?? null;
  const run = store.runs.find(asked);
  if (run === null) throw new UsageError(`--run ${asked}: there is no such run; \`runs\` lists them`);
  if (run.status !== 'complete')
    throw new UsageError(`--run ${asked}: that run is ${run.status}, so it has no snapshot and told nothing`);
  const oldest = store.oldestSnapshot();
  if (oldest !== null && asked < oldest.runId) {
    throw new UsageError(`--run ${asked}: its history is older than RETENTION_DAYS and was pruned`, {
      mend: `The oldest snapshot that is whole is that of run ${oldest.runId}, ${oldest.startedAt}. A backup may have more`,
    });
  }
  return asked;
}
