import type { FindingKind } from '../rules/catalogue.ts';
import type { Finding, KindWithDetail, Subject } from '../rules/finding.ts';
import { findingAsOf } from '../rules/judge.ts';
import type { Severity } from '../rules/severity.ts';
import type { Database } from '../store/database.ts';
import { findingColumns, findingRow, toFinding } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, jsonOf, nullable, prepare, type RowOf, text } from '../store/statement.ts';
import type { AsOf } from './as-of.ts';
import { where } from './where.ts';

/** An event or one interval of a condition, as the command `findings` lists it. */
export type ListedFinding = KindWithDetail & {
  id: number;
  runId: number;
  severity: Severity;
  state: 'event' | 'open' | 'resolved' | 'acknowledged';
  subject: Subject;
  tokenId: string | null;
  tokenName: string | null;
  tokenType: string | null;
  openedAt: string;
  resolvedAt: string | null;
  /** Who accepted it, when, why and until which day; null: it is not acknowledged. */
  acknowledgement: { reason: string; by: string; at: string; until: string } | null;
};

/** Which findings to list. An empty filter lists all. */
export interface FindingFilter {
  /** Only open conditions, including acknowledged ones. */
  open?: boolean | undefined;
  /** Only acknowledged conditions. */
  acknowledged?: boolean | undefined;
  /** Only what happened, or opened, at this instant or later. */
  since?: string | undefined;
  /** Only what happened, or opened, before this instant. */
  until?: string | undefined;
  kind?: FindingKind | undefined;
  severity?: Severity | undefined;
  /** Only findings about this account or its tokens. */
  membershipId?: string | undefined;
  limit?: number | undefined;
}

const listedRow = {
  ...findingRow,
  conditionId: nullable(integer),
  openedAt: text,
  resolvedAt: nullable(text),
  acknowledgement: nullable(jsonOf<NonNullable<ListedFinding['acknowledgement']>>()),
};
type ListedRow = RowOf<typeof listedRow>;

/** SQL for the findings that a list is about, and for their severity and detail. */
interface Scope {
  findings: string;
  severity: string;
  detail: string;
  /** The condition under which an acknowledgement counts. */
  acknowledged: string;
}

const reported: Scope = {
  findings: 'f.run_id = @runId AND f.suppressed_by IS NULL',
  severity: 'f.severity',
  detail: 'f.detail',
  // Comparing times alone would bring back an acknowledgement that has ended when a clock is set back.
  acknowledged: 'a.ended_at IS NULL AND a.expires_at > @now',
};

/** As of the last complete run: events, and conditions as the findings that opened them. */
const present: Scope = {
  ...reported,
  findings: "f.run_id <= @upTo AND (f.transition = 'event' OR f.id = c.id)",
  severity: lastTransition('severity'),
  detail: lastTransition('detail'),
};

/** Like `present`, but as of an older run. */
const past: Scope = {
  ...present,
  acknowledged: 'a.created_at <= @now AND a.expires_at > @now AND (a.ended_at IS NULL OR a.ended_at > @now)',
};

/** Selects a column of the condition's newest transition, except its resolution. */
function lastTransition(column: string): string {
  return `coalesce((SELECT last.${column}
                      FROM findings AS last
                     WHERE last.subject = f.subject
                       AND last.condition_id = c.id
                       AND last.transition <> 'resolved'
                       AND last.run_id <= @upTo
                     ORDER BY last.id DESC
                     LIMIT 1), f.${column})`;
}

/** The owner of the token: for an event, as of that event; for a condition, as of the run in question. */
const owner = `CASE WHEN c.id IS NULL THEN f.token_membership_id
                    ELSE (SELECT v.membership_id
                            FROM token_versions AS v
                           WHERE v.token_id = f.subject
                             AND v.first_run_id <= @upTo
                           ORDER BY v.first_run_id DESC
                           LIMIT 1)
               END`;

function select({ findings, severity, detail, acknowledged }: Scope, filter: FindingFilter): string {
  const filters = where(
    [filter.open, 'c.id IS NOT NULL AND resolved.id IS NULL'],
    [filter.acknowledged, 'a.id IS NOT NULL AND resolved.id IS NULL'],
    [filter.since, 'opened.started_at >= @since'],
    [filter.until, 'opened.started_at < @until'],
    [filter.kind, 'f.kind = @kind'],
    [filter.severity, `${severity} = @severity`],
    [filter.membershipId, `@membershipId IN (f.subject, ${owner})`],
  );
  // A later column replaces an earlier one of the same name.
  return `SELECT ${findingColumns}, ${severity} AS severity, ${detail} AS detail, c.id AS conditionId,
                 opened.started_at AS openedAt, resolved.started_at AS resolvedAt,
                 iif(a.id IS NULL, NULL, json_object('reason', a.reason, 'by', a.by_whom, 'at', a.created_at, 'until', a.expires_on)) AS acknowledgement
            FROM findings AS f
            LEFT JOIN conditions AS c ON c.id = f.condition_id
            JOIN runs AS opened ON opened.id = coalesce(c.opened_run_id, f.run_id)
            LEFT JOIN runs AS resolved ON resolved.id = c.resolved_run_id AND resolved.id <= @upTo
            LEFT JOIN acknowledgements AS a ON a.condition_id = c.id AND ${acknowledged}
           WHERE ${findings}
             AND ${filters}
           ORDER BY f.id DESC
           LIMIT @limit`;
}

/** The list shows neither owners nor the register, and reading them for each row would be slow. */
const none = { asOf: () => null };
const register = { entryAsOf: () => null };

export function createListedFindings(
  db: Database,
  owners: OwnerReader,
): {
  findings(asOf: AsOf, filter: FindingFilter): Generator<ListedFinding>;
  findingsReportedBy(runId: number, filter: FindingFilter, now: Date): Generator<ListedFinding>;
} {
  function* list(
    scope: Scope,
    filter: FindingFilter,
    of: { runId: number; upTo: number; now: Date; agesAt: Date | null },
  ) {
    const rows = prepare<[object]>(db, select(scope, filter)).returning(listedRow);
    for (const row of rows.iterate({ ...filter, ...of, limit: filter.limit ?? -1, now: of.now.toISOString() })) {
      const finding = toFinding(
        row,
        row.kind === 'token-identity-changed' ? { owners, register } : { owners: none, register },
      );
      const isOpen = row.conditionId !== null && row.resolvedAt === null;
      yield toListed(row, of.agesAt !== null && isOpen ? findingAsOf(finding, of.agesAt) : finding);
    }
  }

  return {
    findingsReportedBy: (runId, filter, now) =>
      list(reported, filter, { runId, upTo: Number.MAX_SAFE_INTEGER, now, agesAt: null }),
    *findings({ run, instant, isPast }, filter) {
      if (run === null) return;
      // Ages are as of the run, as in the list of tokens and in mails.
      const of = { runId: run.id, upTo: run.id, now: instant, agesAt: new Date(run.startedAt) };
      yield* list(isPast ? past : present, filter, of);
    },
  };
}

function toListed(
  row: ListedRow,
  { id, runId, severity, subject, token, owner: _, register: __, transition, ...content }: Finding,
): ListedFinding {
  return {
    id: row.conditionId ?? id,
    runId,
    ...content,
    severity,
    state: stateOf(row),
    subject,
    tokenId: subject.type === 'token' ? subject.id : null,
    tokenName: token?.name ?? null,
    tokenType: token?.type ?? null,
    openedAt: row.openedAt,
    resolvedAt: row.resolvedAt,
    acknowledgement: row.acknowledgement,
  };
}

function stateOf({ conditionId, resolvedAt, acknowledgement }: ListedRow): ListedFinding['state'] {
  if (conditionId === null) return 'event';
  if (resolvedAt !== null) return 'resolved';
  return acknowledgement === null ? 'open' : 'acknowledged';
}
