import { statSync } from 'node:fs';
import { loadConfig } from '../config/settings.ts';
import { judgeHealth } from '../history/health.ts';
import type { GrantsByClient } from '../history/report.ts';
import { noSeverityCounts, severities } from '../rules/severity.ts';
import { decideAudit } from '../schedule/decide-audit.ts';
import { locateDatabase } from '../store/locate-database.ts';
import type { Run } from '../store/runs.ts';
import type { ReadStore } from '../stores.ts';
import { quoted, quotedUnlessWord, visible, visibleJson } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { healthLimits, healthParts } from './health-limits.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, { format: { type: 'string' } });
  const format = formatOption(values.format);
  using store = openForReading(context.env);
  const status = readStatus(store, context.env, new Date());
  if (format === 'json') {
    context.print(`${visibleJson(JSON.stringify(status, null, 2))}\n`);
  } else if (format === 'csv') {
    const columns = ['status', ''].map((heading, index) => ({ heading, value: (line: Line) => line[index] ?? '' }));
    await printListing(linesOf(status), columns, format, { whenEmpty: '' }, context);
  } else {
    // Leaves room for 500 characters, so that problems can be read in full.
    for (const [what, value] of linesOf(status)) context.print(`${what.padEnd(21)}${visible(value, 500)}\n`);
  }
  return exitCode.done;
};

type Status = ReturnType<typeof readStatus>;

function readStatus(
  { history, mails, organisation, recordFields, runs }: ReadStore,
  env: NodeJS.ProcessEnv,
  now: Date,
) {
  const config = loadConfig(env, ['databasePath', ...healthParts]);
  const limits = healthLimits(config);
  const databasePath = locateDatabase(config.databasePath);
  const [last, complete, oldest] = [runs.last(), runs.lastComplete(), history.oldestSnapshot()];
  const totals = complete && history.runTotals(complete.id);
  const decision = decideAudit(limits.schedule, runs.recent(), now);
  return {
    organisation: organisation.baseUrl(),
    lastAudit: last && { ...named(last), status: last.status, error: last.error },
    lastCompleteAudit: complete && { ...named(complete), tokenCount: complete.tokenCount },
    /** null: now, as soon as a worker runs. */
    nextAuditAt: decision.kind === 'wait' ? decision.until.toISOString() : null,
    tokensByType: totals?.tokensByType ?? [],
    mcpGrantsByClient: totals?.grantsByClient ?? noGrants,
    openFindings: totals?.openBySeverity ?? noSeverityCounts(),
    /** How many of them are acknowledged. */
    acknowledgedFindings: history.acknowledgedCount(now),
    /** Why the last complete audit could not resolve the owners; null when it could. */
    ownersProblem: complete?.ownersProblem ?? null,
    /** What is known about the roles of owners after the last complete audit. `problem`: why some could not be read. */
    roles: { ...history.roleCounts(), problem: complete?.rolesProblem ?? null },
    register: complete && history.registerStatus(complete.id),
    /** Fields of Omni's records that this version does not recognise. */
    newRecordFields: recordFields.list(),
    mail: mails.counts(),
    /** The reasons that `healthcheck` gives. */
    unhealthy: judgeHealth(history.healthFacts(), limits, now),
    databaseBytes: ['', '-wal'].reduce((sum, suffix) => sum + sizeOf(databasePath + suffix), 0),
    /** The oldest run that `--run` can show; null when no audit has completed. */
    oldestSnapshot: oldest && named(oldest),
  };
}

function named({ id, startedAt }: Run): { runId: number; startedAt: string } {
  return { runId: id, startedAt };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function rolesText({ known, owners, oldestAsOf, problem }: Status['roles']): string {
  const oldest = oldestAsOf === null ? '' : `, the oldest as of ${oldestAsOf}`;
  return `known for ${known} of ${plural(owners, 'owner')}${oldest}${problem === null ? '' : `; ${problem}`}`;
}

function registerText({ state, rows, orphans, problem }: NonNullable<Status['register']>): string {
  if (state === 'unread') return `no audit has read a good one yet: ${problem}`;
  const about = orphans === 0 ? '' : `, ${orphans} of them about tokens that do not exist`;
  return `${plural(rows, 'row')}${about}${problem === null ? '' : `; its last good state counts: ${problem}`}`;
}

const noGrants: GrantsByClient = { clients: [], otherClients: 0, otherGrants: 0 };

type Line = readonly [what: string, value: string];

const afterThis = 'due now: a worker starts it when the running audit has ended';

function linesOf(status: Status): Line[] {
  const { lastAudit, lastCompleteAudit: complete, ownersProblem, newRecordFields, mail, oldestSnapshot } = status;
  const error = lastAudit?.error ? `: ${lastAudit.error}` : '';
  const types = status.tokensByType.map(({ count, type }) => `${count} ${quotedUnlessWord(type, 40)}`);
  const { clients, otherClients, otherGrants } = status.mcpGrantsByClient;
  const grants = clients.map(({ client, count }) => `${count} ${quoted(client, 40)}`);
  if (otherClients > 0) grants.push(`${otherGrants} of ${plural(otherClients, 'other client')}`);
  const open = severities.filter((severity) => status.openFindings[severity] > 0);
  const fields = `Omni sends fields that this version does not recognise: ${newRecordFields.join(', ')}`;
  return [
    ['organisation', status.organisation ?? 'none yet'],
    ['last audit', lastAudit ? `${lastAudit.runId}, ${lastAudit.startedAt}, ${lastAudit.status}${error}` : 'none yet'],
    ['last completed audit', complete ? `${complete.runId}, ${complete.startedAt}` : 'none yet'],
    [
      'next audit',
      status.nextAuditAt ?? (lastAudit?.status === 'running' ? afterThis : 'due now: a worker starts it at once'),
    ],
    ['tokens', complete ? `${complete.tokenCount}: ${types.join(', ')}` : 'not known yet'],
    ...(grants.length === 0 ? [] : [['MCP grants', grants.join(', ')] as const]),
    ['open findings', open.map((severity) => `${status.openFindings[severity]} ${severity}`).join(', ') || 'none'],
    ['acknowledged', plural(status.acknowledgedFindings, 'finding')],
    ...(ownersProblem === null ? [] : [['owners', `unknown: ${ownersProblem}`] as const]),
    ['roles', rolesText(status.roles)],
    ...(status.register === null || status.register.state === 'none'
      ? []
      : [['register', registerText(status.register)] as const]),
    ...(newRecordFields.length === 0 ? [] : [['fields', fields] as const]),
    ['mail', `${mail.pending} waiting, ${mail.parked} parked`],
    ['health', status.unhealthy.join('; ') || 'healthy'],
    ['database', plural(Math.ceil(status.databaseBytes / 1024), 'KiB', 'KiB')],
    ['history', oldestSnapshot ? `back to run ${oldestSnapshot.runId}, ${oldestSnapshot.startedAt}` : 'none yet'],
  ];
}
