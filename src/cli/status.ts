import { statSync } from 'node:fs';
import { loadConfig } from '../config/config.ts';
import type { AsOf } from '../history/as-of.ts';
import { judgeHealth } from '../history/health.ts';
import { noSeverityCounts, severities } from '../rules/severity.ts';
import { decideAudit } from '../schedule/decide-audit.ts';
import type { Run } from '../store/runs.ts';
import type { ReadStore } from '../stores.ts';
import { visible } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import { dayIn, endOfDay, plusDays } from '../time/calendar-day.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import { asOfOption, asOfOptions, chooseAsOf } from './as-of-options.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';
import { type Column, pairLines } from './table.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, { ...asOfOptions, format: { type: 'string' } });
  const format = formatOption(values.format);
  const asked = asOfOption(values, context.env);
  using store = openForReading(context.env);
  const status = readStatus(store, chooseAsOf(store.history, asked), context.env);
  if (format === 'json') context.print(`${JSON.stringify(status, null, 2)}\n`);
  else if (format === 'csv') await printListing(lines(status), columns, format, { whenEmpty: '' }, context);
  else await context.printAll(pairLines([...lines(status)]));
  return exitCode.done;
};

type Status = ReturnType<typeof readStatus>;

/** What is known of now only is null when another moment was asked for. */
function readStatus(store: ReadStore, asOf: AsOf, env: NodeJS.ProcessEnv) {
  const config = loadConfig(env, ['databasePath', 'schedule', 'timeZone', 'deadlineMs']);
  const { databasePath, schedule, timeZone, deadlineMs } = config;
  const { history } = store;
  const { run: complete, instant, isPast } = asOf;
  const last = history.lastRun(asOf);
  const next = isPast ? history.completeAfter(complete.id) : null;
  const oldest = history.oldestSnapshot();
  const totals = complete && history.runTotals(complete.id);
  const decision = decideAudit(schedule.schedule, store.runs.attempts(), instant);
  const day = dayIn(timeZone, instant);
  return {
    /** null: now. */
    asOf: isPast ? instant.toISOString() : null,
    organisation: store.organisation.baseUrl(),
    lastAudit: last && { ...named(last), status: last.status, error: last.error },
    lastCompleteAudit: complete && { ...named(complete), tokenCount: complete.tokenCount },
    /** null: as soon as the worker runs. */
    nextAuditAt: isPast || decision.kind !== 'wait' ? null : decision.until.toISOString(),
    /** The run that saw what changed after the last complete one; null: there is none, or it is now. */
    nextCompleteAudit: next && named(next),
    /** Those that began on the day of the moment, in AUDIT_TIMEZONE. */
    auditsThatDay: history.tally(endOfDay(timeZone, plusDays(day, -1)), endOfDay(timeZone, day)),
    tokensByType: totals?.tokensByType ?? [],
    openFindings: totals?.openBySeverity ?? noSeverityCounts(),
    /** How many of them are acknowledged. */
    acknowledgedFindings: history.acknowledgedCount(asOf),
    /** Why the last complete audit could not resolve the owners; null: it could. */
    ownersProblem: complete?.ownersProblem ?? null,
    /** Fields of Omni's records that this version does not know. */
    newRecordFields: isPast ? null : store.recordFields.list(),
    mail: isPast ? null : store.mails.counts(),
    /** The reasons that `healthcheck` gives. */
    unhealthy: isPast ? null : judgeHealth(history.healthFacts(), { ...schedule, deadlineMs }, instant),
    databaseBytes: isPast ? null : ['', '-wal'].reduce((sum, suffix) => sum + sizeOf(databasePath + suffix), 0),
    /** The oldest run that `--run` can still show; null: no audit has completed. */
    oldestSnapshot: oldest && named(oldest),
  };
}

function named({ id, startedAt }: Run): { runId: number; startedAt: string } {
  return { runId: id, startedAt };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

interface Line {
  what: string;
  value: string;
}

const columns: Column<Line>[] = [
  { heading: 'status', value: (line) => line.what },
  { heading: '', value: (line) => line.value },
];

function* lines(status: Status): Generator<Line> {
  const { asOf, lastAudit, lastCompleteAudit, ownersProblem, newRecordFields, mail } = status;
  const { unhealthy, databaseBytes, oldestSnapshot } = status;
  if (asOf !== null) yield { what: 'as of', value: asOf };
  yield { what: 'organisation', value: status.organisation ?? 'none yet' };
  yield { what: 'last audit', value: lastAudit === null ? 'none yet' : describeRun(lastAudit) };
  yield {
    what: 'last complete audit',
    value: lastCompleteAudit === null ? 'none yet' : `${lastCompleteAudit.runId}, ${lastCompleteAudit.startedAt}`,
  };
  if (asOf === null) yield { what: 'next audit', value: status.nextAuditAt ?? 'due: as soon as the worker runs' };
  yield { what: asOf === null ? 'audits today' : 'audits that day', value: describeTally(status) };
  yield { what: 'tokens', value: lastCompleteAudit === null ? 'unknown yet' : describeTokens(status) };
  yield { what: 'open findings', value: describeOpen(status) };
  yield { what: 'acknowledged', value: plural(status.acknowledgedFindings, 'finding') };
  if (ownersProblem !== null) yield { what: 'owners', value: `unknown: ${ownersProblem}` };
  if (newRecordFields !== null && newRecordFields.length > 0) {
    yield { what: 'fields', value: `Omni sends fields that this version does not know: ${newRecordFields.join(', ')}` };
  }
  if (mail !== null) yield { what: 'mail', value: `${mail.pending} waiting, ${mail.parked} parked` };
  if (unhealthy !== null) yield { what: 'health', value: unhealthy.join('; ') || 'healthy' };
  if (databaseBytes !== null) {
    yield { what: 'database', value: plural(Math.ceil(databaseBytes / 1024), 'KiB', 'KiB') };
  }
  yield {
    what: 'history',
    value: oldestSnapshot === null ? 'none yet' : `back to run ${oldestSnapshot.runId}, ${oldestSnapshot.startedAt}`,
  };
}

function describeRun({ runId, status, startedAt, error }: NonNullable<Status['lastAudit']>): string {
  return `${runId}, ${startedAt}, ${status}${error === null ? '' : `: ${error}`}`;
}

function describeTally({ auditsThatDay, asOf, nextCompleteAudit: next }: Status): string {
  const { complete, failed, interrupted, ownersUnknown } = auditsThatDay;
  const unknown = ownersUnknown === 0 ? '' : ` (${ownersUnknown} without knowing the owners)`;
  const seen = next === null ? 'no run has seen that day yet' : `run ${next.runId} saw that day, ${next.startedAt}`;
  const blind = complete > 0 || asOf === null ? '' : `: blind; ${seen}`;
  return `${complete} complete${unknown}, ${failed} failed, ${interrupted} interrupted${blind}`;
}

function describeTokens({ tokensByType, lastCompleteAudit }: Status): string {
  const types = tokensByType.map(({ count, type }) => `${count} ${visible(type, 40)}`);
  return `${lastCompleteAudit?.tokenCount ?? 0}: ${types.join(', ')}`;
}

function describeOpen({ openFindings }: Status): string {
  const open = severities.filter((severity) => openFindings[severity] > 0);
  return open.map((severity) => `${openFindings[severity]} ${severity}`).join(', ') || 'none';
}
