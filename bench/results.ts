import { cpus } from 'node:os';
import type { AuditFigures, AuditKind } from './audits.ts';
import type { Figures } from './measure.ts';
import type { StartUpFigures } from './start-up.ts';
import type { YearFigures } from './year.ts';

export interface Results {
  audits: AuditFigures[];
  year: YearFigures;
  /** For `preview` of a baseline with 100,000 findings. */
  digest: Figures;
  startUp: StartUpFigures[];
}

const round = (value: number): string => Math.round(value).toLocaleString('en');

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function describeAudits(rows: readonly AuditFigures[]): string {
  return table(
    'tokens,latency per page,audit,wall ms,bare walk ms,ratio,CPU ms,peak memory MB,longest block ms,database MB,bytes added'.split(
      ',',
    ),
    rows.map((row) => [
      round(row.tokens),
      `${row.latencyMs} ms`,
      row.audit,
      round(row.wallMs),
      round(row.bareMs),
      row.ratio.toFixed(2),
      round(row.cpuMs),
      round(row.peakMb),
      round(row.blockMs),
      row.databaseMb.toFixed(1),
      round(row.grownBytes),
    ]),
  );
}

/** Compares our goals with what was measured. */
function describeGoals({ audits, year, digest }: Results): string {
  const of = (tokens: number, latencyMs: number, audit: AuditKind): AuditFigures => {
    const row = audits.find((each) => each.tokens === tokens && each.latencyMs === latencyMs && each.audit === audit);
    if (row === undefined) throw new Error(`${audit} of ${tokens} was not measured`);
    return row;
  };
  const large = of(100_000, 0, 'quiet');
  const goals: [what: string, atMost: number, measured: number, digits: number][] = [
    ['quiet audit of 100,000, 3 ms a page: times the bare walk', 1.15, of(100_000, 3, 'quiet').ratio, 2],
    ['1 % churn of 100,000, 3 ms a page: times the bare walk', 1.25, of(100_000, 3, '1 % churn').ratio, 2],
    ['quiet audit of 100,000, no latency: times the bare walk', 1.6, large.ratio, 2],
    ['peak memory of a quiet audit of 100,000, MB', 150, large.peakMb, 0],
    ['peak memory of a quiet audit of 1,000,000, MB', 160, of(1_000_000, 0, 'quiet').peakMb, 0],
    ['CPU of a quiet audit, 100,000 to 10,000', 11, large.cpuMs / of(10_000, 0, 'quiet').cpuMs, 1],
    ['CPU of a quiet audit, 1,000,000 to 100,000', 11, of(1_000_000, 0, 'quiet').cpuMs / large.cpuMs, 1],
    [
      'CPU of a baseline, 1,000,000 to 100,000',
      11,
      of(1_000_000, 0, 'baseline').cpuMs / of(100_000, 0, 'baseline').cpuMs,
      1,
    ],
    ['bytes that a quiet audit of 100,000 adds', 4096, large.grownBytes, 0],
    ['longest event loop block in a quiet audit of 100,000, ms', 200, large.blockMs, 0],
    [`database after a year of hourly audits of ${round(year.tokens)}, MB`, 60, year.databaseMb, 1],
    ['CPU of the last quiet audits of that year, times the first', 1.1, year.lastCpuMs / year.firstCpuMs, 2],
    ['CPU of rendering 100,000 findings, start included, ms', 1000, digest.cpuMs, 0],
  ];
  return table(
    ['goal', 'at most', 'measured', ''],
    goals.map(([what, atMost, measured, digits]) => [
      what,
      String(atMost),
      measured.toFixed(digits),
      measured <= atMost ? 'met' : '**missed**',
    ]),
  );
}

export function describeResults(results: Results): string {
  const { audits, year, startUp } = results;
  const machine = `${cpus().length} processors (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}`;
  return `# Benchmark

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine}.

These are measurements of whole processes, including their start, against a server in a separate process. Each ratio is the
median of alternating pairs of a bare walk (\`fetch\` and \`json()\`) and an audit. Rely on the ratios: absolute times
depend on the machine. The longest block is the longest time for which the event loop served nothing else, including noise
from the machine. [README.md](README.md) explains the figures and the missed goals.

## Goals

${describeGoals(results)}

## Audits

${describeAudits(audits)}

An audit sends at most 6,000 requests a minute, which is Omni's own maximum. The bare walk sends as many as it can. So an
audit of 1,000,000 tokens (10,000 pages) takes at least 61 seconds.

## A year

${round(year.audits)} hourly audits of ${round(year.tokens)} tokens (0.5 % change every day) produced ${round(year.mails)} mails and a database of
${year.databaseMb.toFixed(1)} MB. A quiet audit took ${year.firstCpuMs.toFixed(1)} ms of CPU at the beginning and ${year.lastCpuMs.toFixed(1)} ms at the end
(in one process, without network).

## Start

${table(
  ['command', 'ms', 'without the compile cache', 'peak memory MB'],
  startUp.map(({ command, cachedMs, uncachedMs, peakMb }) => [
    command,
    round(cachedMs),
    round(uncachedMs),
    round(peakMb),
  ]),
)}`;
}
