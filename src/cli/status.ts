import { statSync } from 'node:fs';
import { loadConfig } from '../config/config.ts';
import { openForReading } from '../look.ts';
import { severities } from '../rules/severity.ts';
import { decideAudit } from '../schedule/decide-audit.ts';
import type { AuditTally, OldestSnapshot } from '../store/runs.ts';
import type { ReadStore } from '../stores.ts';
import { visible } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import { dayIn, endOfDay, plusDays } from '../time/calendar-day.ts';
import { type Format, formatOption, parseCommandLine } from './arguments.ts';
import { chooseMoment, type Moment, momentOption, momentOptions } from './as-of.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { unhealthyReasons } from './healthcheck.ts';
import { printListing } from './listing.ts';
import type { Column } from './table.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, { ...momentOptions, format: { type: 'string' } });
  const format = formatOption(values.format);
  const moment = momentOption(values);
  using store = await openForReading(context.env);
  const status = readStatus(store, chooseMoment(store, moment, context.env), context.env);
  if (format === 'json') {
    context.print(`${JSON.stringify(status, null, 2)}\n`);
  } else {
    await printLines(lines(status), format, context);
  }
  return exitCode.done;
};

interface Status {
  /** What is told as of now, and not of the moment that was asked for, is null then. */
  asOf: string | null;
  organisation: string | null;
  lastAudit: { runId: number; status: string; startedAt: string; error: string | null } | null;
  lastCompleteAudit: { runId: number; startedAt: string; tokenCount: number | null } | null;
  /** When the unattended worker audits next; null: as soon as it runs. */
  nextAuditAt: string | null;
  /** The one that saw what changed after the last complete audit; null: there is none yet, or nothing was asked of the past. */
  nextCompleteAudit: { runId: number; startedAt: string } | null;
  /** Those that began on the day of the moment, in AUDIT_TIMEZONE. */
  auditsThatDay: AuditTally;
  tokensByType: { type: string; count: number }[];
  openFindings: Record<string, number>;
  /** How many of them are acknowledged. */
  acknowledgedFindings: number;
  /** Why the last complete audit did not know who owns the tokens; null: it did. */
  ownersProblem: string | null;
  /** Fields of Omni's records that this version does not know, as of the last complete audit. */
  newRecordFields: string[] | null;
  mail: { pending: number; parked: number } | null;
  /** As `healthcheck` has it; none: the worker does its work. */
  unhealthy: string[] | null;
  databaseBytes: number | null;
  /** The oldest run that `--run` can still show; null: no audit was ever complete. */
  oldestSnapshot: OldestSnapshot | null;
}

function readStatus(store: ReadStore, { run: complete, instant, isAsked }: Moment, env: NodeJS.ProcessEnv): Status {
  const config = loadConfig(env, ['databasePath', 'schedule', 'timeZone', 'deadlineMs']);
  const { databasePath, schedule, timeZone } = config;
  const asOfThen = complete?.startedAt === instant.toISOString() ? complete : store.runs.lastAsOf(instant);
  const last = isAsked ? asOfThen : store.runs.last();
  const next = isAsked && complete !== null ? store.runs.completeAfter(complete.id) : null;
  const report = complete === null ? null : store.runReport(complete.id);
  const decision = decideAudit(schedule.schedule, store.runs.attempts(), instant);
  const day = dayIn(timeZone, instant);
  return {
    asOf: isAsked ? instant.toISOString() : null,
    organisation: store.organisation.baseUrl(),
    lastAudit: last && { runId: last.id, status: last.status, startedAt: last.startedAt, error: last.error },
    lastCompleteAudit: complete && {
      runId: complete.id,
      startedAt: complete.startedAt,
      tokenCount: complete.tokenCount,
    },
    nextCompleteAudit: next && { runId: next.id, startedAt: next.startedAt },
    nextAuditAt: isAsked || decision.kind !== 'wait' ? null : decision.until.toISOString(),
    auditsThatDay: store.runs.tally(endOfDay(timeZone, plusDays(day, -1)), endOfDay(timeZone, day)),
    tokensByType: report?.tokensByType ?? [],
    openFindings: report?.standing ?? {},
    acknowledgedFindings: store.acknowledgements.countAsOf(instant),
    ownersProblem: report?.ownersProblem?.problem ?? null,
    newRecordFields: isAsked ? null : store.recordFields.list(),
    mail: isAsked ? null : store.mails.counts(),
    unhealthy: isAsked ? null : unhealthyReasons(store, config, instant),
    oldestSnapshot: store.runs.oldestSnapshot(),
    databaseBytes: isAsked ? null : ['', '-wal'].reduce((sum, suffix) => sum + sizeOf(databasePath + suffix), 0),
  };
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

function lines(status: Status): Line[] {
  const { lastAudit, lastCompleteAudit, oldestSnapshot, newRecordFields, mail, unhealthy, databaseBytes } = status;
  const open = severities.filter((severity) => (status.openFindings[severity] ?? 0) > 0);
  return [
    ...(status.asOf === null ? [] : [{ what: 'as of', value: status.asOf }]),
    { what: 'organisation', value: status.organisation ?? 'none yet' },
    { what: 'last audit', value: lastAudit === null ? 'none yet' : describeRun(lastAudit) },
    {
      what: 'last complete audit',
      value: lastCompleteAudit === null ? 'none yet' : `${lastCompleteAudit.runId}, ${lastCompleteAudit.startedAt}`,
    },
    ...(status.asOf === null
      ? [{ what: 'next audit', value: status.nextAuditAt ?? 'due: as soon as the worker runs' }]
      : []),
    { what: status.asOf === null ? 'audits today' : 'audits that day', value: describeTally(status) },
    {
      what: 'tokens',
      value: lastCompleteAudit === null ? 'unknown yet' : describeTokens(status, lastCompleteAudit.tokenCount ?? 0),
    },
    {
      what: 'open findings',
      value: open.map((severity) => `${status.openFindings[severity]} ${severity}`).join(', ') || 'none',
    },
    { what: 'acknowledged', value: plural(status.acknowledgedFindings, 'finding') },
    ...(status.ownersProblem === null ? [] : [{ what: 'owners', value: `unknown: ${status.ownersProblem}` }]),
    ...(newRecordFields === null || newRecordFields.length === 0
      ? []
      : [
          { what: 'fields', value: `Omni sends fields that this version does not know: ${newRecordFields.join(', ')}` },
        ]),
    ...(mail === null ? [] : [{ what: 'mail', value: `${mail.pending} waiting, ${mail.parked} parked` }]),
    ...(unhealthy === null ? [] : [{ what: 'health', value: unhealthy.join('; ') || 'healthy' }]),
    ...(databaseBytes === null
      ? []
      : [{ what: 'database', value: plural(Math.ceil(databaseBytes / 1024), 'KiB', 'KiB') }]),
    {
      what: 'history',
      value: oldestSnapshot === null ? 'none yet' : `back to run ${oldestSnapshot.runId}, ${oldestSnapshot.startedAt}`,
    },
  ];
}

/** A line each; what is wrong must be read in full. */
async function printLines(rows: Line[], format: Format, context: CommandContext): Promise<void> {
  if (format === 'csv') {
    await printListing(rows, columns, format, { whenEmpty: '' }, context);
    return;
  }
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, value } of rows) context.print(`${what.padEnd(width)}  ${visible(value, 500)}\n`);
}

function describeTally({ auditsThatDay, asOf, nextCompleteAudit: next }: Status): string {
  const { complete, failed, interrupted, ownersUnknown } = auditsThatDay;
  const unknown = ownersUnknown === 0 ? '' : ` (${ownersUnknown} without knowing the owners)`;
  const seen =
    next === null ? 'none has seen that day yet' : `that day was seen by run ${next.runId}, ${next.startedAt}`;
  const blind = complete > 0 || asOf === null ? '' : `: blind; ${seen}`;
  return `${complete} complete${unknown}, ${failed} failed, ${interrupted} interrupted${blind}`;
}

function describeTokens({ tokensByType }: Status, count: number): string {
  return `${count}: ${tokensByType.map((each) => `${each.count} ${visible(each.type, 40)}`).join(', ')}`;
}

function describeRun({ runId, status, startedAt, error }: NonNullable<Status['lastAudit']>): string {
  return `${runId}, ${startedAt}, ${status}${error === null ? '' : `: ${error}`}`;
}
