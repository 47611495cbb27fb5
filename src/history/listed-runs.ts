import type { Database } from '../store/database.ts';
import type { RunStatus, RunTrigger } from '../store/runs.ts';
import { boolean, integer, nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import type { History } from './history.ts';
import { where } from './where.ts';

const listedRun = {
  id: integer,
  trigger: textOf<RunTrigger>(),
  status: textOf<RunStatus>(),
  startedAt: text,
  finishedAt: nullable(text),
  isBaseline: boolean,
  tokenCount: nullable(integer),
  pageCount: integer,
  requestCount: integer,
  /** Findings that it reported. */
  findingCount: integer,
  /** null: they were not asked for. */
  ownersKnown: nullable(boolean),
  error: nullable(text),
};

/** A run as `runs` lists it. */
export type ListedRun = RowOf<typeof listedRun>;

/** Which runs to list. Without any filter, all. */
export interface RunFilter {
  status?: RunStatus | undefined;
  /** Those that began at this instant or later. */
  since?: string | undefined;
  /** Those that began before this instant. */
  until?: string | undefined;
  limit?: number | undefined;
}

export function createListedRuns(db: Database): Pick<History, 'runs'> {
  return {
    *runs({ limit = -1, ...filter }) {
      const { status, since, until } = filter;
      const statement = prepare<[RunFilter]>(
        db,
        `SELECT id, trigger, status, started_at AS startedAt, finished_at AS finishedAt, is_baseline AS isBaseline,
                token_count AS tokenCount, page_count AS pageCount, request_count AS requestCount,
                (SELECT count(*)
                   FROM findings AS f
                  WHERE f.run_id = runs.id
                    AND f.suppressed_by IS NULL) AS findingCount, owners_known AS ownersKnown, error
           FROM runs
          WHERE ${where([status, 'status = @status'], [since, 'started_at >= @since'], [until, 'started_at < @until'])}
          ORDER BY id DESC
          LIMIT @limit`,
      );
      yield* statement.returning(listedRun).iterate({ ...filter, limit });
    },
  };
}
