import type { Database } from '../store/database.ts';
import { createOwnerReader } from '../store/owners.ts';
import { createRegisterReader } from '../store/register.ts';
import { createRuns } from '../store/runs.ts';
import { createAcknowledgementLog } from './acknowledgement-log.ts';
import { createRunLookup } from './as-of.ts';
import { createDiff } from './diff.ts';
import { createHealthFacts } from './health.ts';
import type { History } from './history.ts';
import { createListedFindings } from './listed-findings.ts';
import { createListedRuns } from './listed-runs.ts';
import { createListedTokens } from './listed-tokens.ts';
import { createMailReport } from './mail-report.ts';
import { createOpenFindings } from './open-findings.ts';
import { createOutage } from './outage.ts';
import { createRegisterReport } from './register-report.ts';
import { createRunFindings } from './run-findings.ts';
import { createRunTotals } from './run-totals.ts';
import { createSubjects } from './subjects.ts';
import { createSummary } from './summary.ts';
import { createTimeline } from './timeline.ts';

/** Creates the history. It prepares all statements, so the schema must be up to date. */
export function createHistory(db: Database): History {
  const runs = createRuns(db);
  const owners = createOwnerReader(db);
  const register = createRegisterReader(db, owners);
  const readers = { owners, register };
  const lookup = createRunLookup(db, runs);
  const registerReport = createRegisterReport(db, readers);
  const totals = createRunTotals(db, readers, registerReport);
  const acknowledgements = createAcknowledgementLog(db, owners);
  return {
    ...lookup,
    ...createListedRuns(db),
    ...createListedTokens(db, readers),
    ...createListedFindings(db, owners),
    ...createTimeline(db, readers, acknowledgements, lookup),
    ...createDiff(db, readers),
    ...createSubjects(db),
    ...createRunFindings(db, readers, registerReport, acknowledgements, lookup),
    ...totals,
    ...createOpenFindings(db, owners),
    ...registerReport,
    ...createSummary(db),
    ...createOutage(db, lookup),
    ...createMailReport(db, totals),
    ...createHealthFacts(db),
  };
}
