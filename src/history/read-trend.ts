import type { Database } from '../store/database.ts';
import { msPerDay } from '../time/duration.ts';
import { ageGroupDays, type Trend, type TrendWeek, trendWeeks } from './trend.ts';

/** How old the tokens of a complete run are, and how tokens and open conditions went in the weeks up to it. */
export function readTrend(db: Database, runId: number, now: Date): Trend {
  return { ages: readAges(db, runId, now), weeks: readWeeks(db, runId, now) };
}

function readAges(db: Database, runId: number, now: Date): Trend['ages'] {
  const atLeast = db.prepare<[number, string], { count: number }>(
    'SELECT count(*) AS count FROM snapshots WHERE run_id = ? AND created_at <= ?',
  );
  const counts = ageGroupDays.map((days) => {
    // Whatever is younger than nothing, by a skewed clock, is young: every instant sorts before the tilde.
    const until = days === 0 ? '~' : new Date(now.getTime() - days * msPerDay).toISOString();
    return atLeast.get(runId, until)?.count ?? 0;
  });
  return ageGroupDays.map((fromDays, index) => ({
    fromDays,
    count: (counts[index] ?? 0) - (counts[index + 1] ?? 0),
  }));
}

function readWeeks(db: Database, runId: number, now: Date): TrendWeek[] {
  const lastOfWeek = db.prepare<[{ runId: number; after: string; until: string }], TrendWeek>(
    `SELECT r.started_at AS at, r.token_count AS tokenCount,
            (SELECT count(*)
               FROM conditions AS c
              WHERE c.opened_run_id <= r.id
                AND (c.resolved_run_id IS NULL OR c.resolved_run_id > r.id)) AS openCount
       FROM runs AS r
      WHERE r.status = 'complete'
        AND r.id <= @runId
        AND r.started_at > @after
        AND r.started_at <= @until
      ORDER BY r.id DESC
      LIMIT 1`,
  );
  const instant = (weeksBack: number): string => new Date(now.getTime() - weeksBack * 7 * msPerDay).toISOString();
  const weeks: TrendWeek[] = [];
  for (let weeksBack = trendWeeks - 1; weeksBack >= 0; weeksBack -= 1) {
    const week = lastOfWeek.get({ runId, after: instant(weeksBack + 1), until: instant(weeksBack) });
    // A week without a complete audit is left out: nothing is known of it.
    if (week !== undefined) weeks.push(week);
  }
  return weeks;
}
