import type { RegisterEntry } from '../rules/register.ts';
import type { Database } from '../store/database.ts';
import type { FindingReaders } from '../store/findings.ts';
import { isInEffect, type RegisterState } from '../store/register.ts';
import { boolean, integer, nullable, prepare, text, textOf } from '../store/statement.ts';
import type { History } from './history.ts';
import type { RegisterChange, RegisterReport } from './report.ts';

const maxChanges = 50;
const maxOrphans = 10;

export function createRegisterReport(
  db: Database,
  { owners, register }: FindingReaders,
): Pick<History, 'registerReport' | 'registerOrphans' | 'registerStatus'> {
  const stmts = {
    ofRun: prepare<[number]>(
      db,
      'SELECT register_state AS state, register_problem AS problem, register_hint AS hint FROM runs WHERE id = ?',
    ).returning({ state: nullable(textOf<RegisterState>()), problem: nullable(text), hint: nullable(text) }),
    wasFineBetween: prepare<[{ from: number; to: number }]>(
      db,
      `SELECT EXISTS (SELECT 1
                        FROM runs
                       WHERE id > @from
                         AND id < @to
                         AND status = 'complete'
                         AND register_problem IS NULL)`,
    ).returningOne(boolean),
    wasInEffect: prepare<[{ from: number; to: number }]>(
      db,
      `SELECT EXISTS (SELECT 1 FROM runs WHERE id >= @from AND id < @to AND register_state IN ('read', 'kept'))`,
    ).returningOne(boolean),
    changed: prepare<[{ from: number; to: number }]>(
      db,
      `SELECT DISTINCT r.token_id AS tokenId,
              v.name, v.membership_id AS membershipId
         FROM register_versions AS r
         LEFT JOIN token_versions AS v
           ON v.token_id = r.token_id
          AND v.first_run_id = (SELECT max(first_run_id) FROM token_versions WHERE token_id = r.token_id)
        WHERE (r.first_run_id > @from AND r.first_run_id <= @to)
           OR (r.last_run_id >= @from AND r.last_run_id < @to)
        ORDER BY r.token_id`,
    ).returning({ tokenId: text, name: nullable(text), membershipId: nullable(text) }),
    orphans: prepare(
      db,
      `SELECT r.token_id
         FROM register_versions AS r
        WHERE r.last_run_id IS NULL
          AND r.is_vanished = 0
          AND NOT EXISTS (SELECT 1 FROM token_versions AS v WHERE v.token_id = r.token_id AND v.last_run_id IS NULL)
        ORDER BY r.token_id`,
    ).returningOne(text),
    rowCountAsOf: prepare<[{ runId: number }]>(
      db,
      `SELECT count(*)
         FROM register_versions
        WHERE is_vanished = 0
          AND first_run_id <= @runId
          AND (last_run_id IS NULL OR last_run_id >= @runId)`,
    ).returningOne(integer),
  };

  function changesBetween(from: number, to: number): RegisterReport['changes'] {
    const rows: RegisterChange[] = [];
    let count = 0;
    for (const { tokenId, name, membershipId } of stmts.changed.all({ from, to })) {
      const [before, after] = [register.entryAsOf(tokenId, from), register.entryAsOf(tokenId, to)];
      if (isSame(before, after)) continue;
      count += 1;
      if (rows.length >= maxChanges) continue;
      const token = name === null ? null : { name, membershipId, owner: owners.asOf(membershipId, to) };
      rows.push({ tokenId, token, before, after });
    }
    return { count, rows };
  }

  const rowCount = (runId: number): number => stmts.rowCountAsOf.get({ runId }) ?? 0;

  return {
    registerReport(runId, lastReportedRunId) {
      const { state = null, problem = null, hint = null } = stmts.ofRun.get(runId) ?? {};
      const before = stmts.ofRun.get(lastReportedRunId);
      const isSaid = (): boolean =>
        before?.problem === problem && !stmts.wasFineBetween.get({ from: lastReportedRunId, to: runId });
      const wasInEffect = (): boolean => stmts.wasInEffect.get({ from: lastReportedRunId, to: runId }) ?? false;
      const isNow = isInEffect(state ?? 'none');
      const wasThen = isInEffect(before?.state ?? 'none');
      // The first state of a register is no change of its rows.
      const hasStarted = isNow && !wasThen && lastReportedRunId !== runId;
      return {
        problem: problem === null ? null : { problem, hint: hint ?? '', isNew: !isSaid() },
        isInEffect: isNow,
        wasTakenAway: state === 'none' && wasInEffect(),
        startedWith: hasStarted ? rowCount(runId) : null,
        isReadableAgain: state === 'read' && before?.problem != null,
        changes: isNow && !hasStarted ? changesBetween(lastReportedRunId, runId) : { count: 0, rows: [] },
      };
    },
    registerOrphans() {
      const ids = stmts.orphans.all();
      return { count: ids.length, ids: ids.slice(0, maxOrphans) };
    },
    registerStatus(runId) {
      const { state = null, problem = null } = stmts.ofRun.get(runId) ?? {};
      return { state: state ?? 'none', rows: rowCount(runId), orphans: stmts.orphans.all().length, problem };
    },
  };
}

function isSame(before: RegisterEntry | null, after: RegisterEntry | null): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
