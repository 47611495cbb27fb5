import type { Database } from '../store/database.ts';
import type { RunStatus, RunTrigger } from '../store/runs.ts';
import { boolean, columnsOf, integer, nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import { where } from './where.ts';

const runColumns = {
  id: integer,
  trigger: textOf<RunTrigger>(),
  status: textOf<RunStatus>(),
  startedAt: text,
  finishedAt: nullable(text),
  isBaseline: boolean,
  tokenCount: nullable(integer),
  pageCount: integer,
  requestCount: integer,
  /** null: the run ended before it asked for them. */
  ownersKnown: nullable(boolean),
  error: nullable(text),
};
/** `findingCount`: how many findings the run reported. */
const listedRun = { ...runColumns, findingCount: integer };

/** A run as the command `runs` lists it. */
export type ListedRun = RowOf<typeof listedRun>;

/** Which runs to list. An empty filter lists all. */
export interface RunFilter {
  status?: RunStatus | undefined;
  /** Only runs that began at this instant or later. */
  since?: string | undefined;
  /** Only runs that began before this instant. */
  until?: string | undefined;
  limit?: number | undefined;
}

export function createListedRuns(db: Database): { runs(filter: RunFilter): Generator<ListedRun> } {
  return {
    *runs({ limit = -1, ...filter }) {
      const { status, since, until } = filter;
      const statement = prepare<[RunFilter]>(
        db,
        `SELECT ${columnsOf('runs', runColumns)},
                (SELECT count(*) FROM findings WHERE run_id = runs.id AND suppressed_by IS NULL) AS findingCount
           FROM runs
          WHERE ${where([status, 'status = @status'], [since, 'started_at >= @since'], [until, 'started_at < @until'])}
          ORDER BY id DESC
          LIMIT @limit`,
      );
      yield* statement.returning(listedRun).iterate({ ...filter, limit });
    },
  };
}
