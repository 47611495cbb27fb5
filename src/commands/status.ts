import { statSync } from 'node:fs';
import { loadConfig } from '../config/config.ts';
import { decideAudit } from '../domain/audit-schedule.ts';
import { severities } from '../domain/severity.ts';
import { openLook } from '../look.ts';
import type { OldestSnapshot } from '../store/retention.ts';
import type { LookStore } from '../store/store.ts';
import { visible } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import { type Format, formatOption, parseCommandLine } from './arguments.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { type Column, printListing } from './listing.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, { format: { type: 'string' } });
  const format = formatOption(values.format);
  const { databasePath, schedule } = loadConfig(context.env, ['databasePath', 'schedule']);
  using store = await openLook(context.env);
  const decision = decideAudit(schedule.schedule, store.runs.attempts(), new Date());
  const status = readStatus(store, decision.kind === 'wait' ? decision.until : null, databasePath);
  if (format === 'json') {
    context.print(`${JSON.stringify(status, null, 2)}\n`);
  } else {
    printLines(lines(status), format, context);
  }
  return exitCode.done;
};

interface Status {
  organisation: string | null;
  lastAudit: { runId: number; status: string; startedAt: string; error: string | null } | null;
  lastCompleteAudit: { runId: number; startedAt: string; tokenCount: number | null } | null;
  /** When the unattended worker audits next; null: as soon as it runs. */
  nextAuditAt: string | null;
  tokensByType: { type: string; count: number }[];
  openFindings: Record<string, number>;
  /** How many of them are acknowledged. */
  acknowledgedFindings: number;
  /** Why the last complete audit did not know who owns the tokens; null: it did. */
  ownersProblem: string | null;
  mail: { pending: number; parked: number };
  databaseBytes: number;
  /** The oldest run that `--run` can still show; null: no audit was ever complete. */
  oldestSnapshot: OldestSnapshot | null;
}

function readStatus(store: LookStore, nextAuditAt: Date | null, databasePath: string): Status {
  const last = store.runs.last();
  const complete = store.runs.lastComplete();
  const report = complete === null ? null : store.runReport(complete.id);
  return {
    organisation: store.organisationBaseUrl(),
    lastAudit: last && { runId: last.id, status: last.status, startedAt: last.startedAt, error: last.error },
    lastCompleteAudit: complete && {
      runId: complete.id,
      startedAt: complete.startedAt,
      tokenCount: complete.tokenCount,
    },
    nextAuditAt: nextAuditAt?.toISOString() ?? null,
    tokensByType: report?.tokensByType ?? [],
    openFindings: report?.standing ?? {},
    acknowledgedFindings: store.acknowledgedCount(new Date()),
    ownersProblem: report?.ownersProblem?.problem ?? null,
    mail: store.outbox.counts(),
    oldestSnapshot: store.oldestSnapshot(),
    databaseBytes: ['', '-wal'].reduce((sum, suffix) => sum + sizeOf(databasePath + suffix), 0),
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
  const { lastAudit, lastCompleteAudit, oldestSnapshot, mail } = status;
  const open = severities.filter((severity) => (status.openFindings[severity] ?? 0) > 0);
  return [
    { what: 'organisation', value: status.organisation ?? 'none yet' },
    { what: 'last audit', value: lastAudit === null ? 'none yet' : describeRun(lastAudit) },
    {
      what: 'last complete audit',
      value: lastCompleteAudit === null ? 'none yet' : `${lastCompleteAudit.runId}, ${lastCompleteAudit.startedAt}`,
    },
    { what: 'next audit', value: status.nextAuditAt ?? 'due: as soon as the worker runs' },
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
    { what: 'mail', value: `${mail.pending} waiting, ${mail.parked} parked` },
    { what: 'database', value: plural(Math.ceil(status.databaseBytes / 1024), 'KiB', 'KiB') },
    {
      what: 'history',
      value: oldestSnapshot === null ? 'none yet' : `back to run ${oldestSnapshot.runId}, ${oldestSnapshot.startedAt}`,
    },
  ];
}

/** A line each; what is wrong must be read in full. */
function printLines(rows: Line[], format: Format, context: CommandContext): void {
  if (format === 'csv') {
    printListing(rows, columns, format, '', context);
    return;
  }
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, value } of rows) context.print(`${what.padEnd(width)}  ${visible(value, 500)}\n`);
}

function describeTokens({ tokensByType }: Status, count: number): string {
  return `${count}: ${tokensByType.map((each) => `${each.count} ${visible(each.type, 40)}`).join(', ')}`;
}

function describeRun({ runId, status, startedAt, error }: NonNullable<Status['lastAudit']>): string {
  return `${runId}, ${startedAt}, ${status}${error === null ? '' : `: ${error}`}`;
}
