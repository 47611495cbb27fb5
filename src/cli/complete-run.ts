import { UsageError } from '../errors.ts';
import type { Run } from '../store/runs.ts';
import type { ReadStore } from '../stores.ts';

/**
 * The run of that number, which was complete and is not pruned.
 *
 * @param name of the option or argument, for errors
 * @throws UsageError when it is missing, never became complete, or was pruned: half a snapshot is none.
 */
export function requireCompleteRun(store: ReadStore, name: string, asked: number): Run {
  const run = store.runs.find(asked);
  if (run === null) throw new UsageError(`${name} ${asked}: there is no such run; \`runs\` lists them`);
  if (run.status !== 'complete') {
    const before = store.runs.completeBefore(asked);
    throw new UsageError(`${name} ${asked}: that run is ${run.status}, so it has no snapshot and told nothing`, {
      hint: before === null ? '' : `The complete run before it is run ${before.id}, ${before.startedAt}`,
    });
  }
  const oldest = store.runs.oldestSnapshot();
  if (oldest !== null && asked < oldest.runId) {
    throw new UsageError(`${name} ${asked}: its history is older than RETENTION_DAYS and was pruned`, {
      hint: `The oldest snapshot that is whole is that of run ${oldest.runId}, ${oldest.startedAt}. A backup may have more`,
    });
  }
  return run;
}
