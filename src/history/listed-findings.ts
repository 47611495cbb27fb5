import { type FindingKind, isConditionKind } from '../rules/catalogue.ts';
import type { Finding, KindWithDetail, Subject } from '../rules/finding.ts';
import { conditionFacts, findingAsOf } from '../rules/judge.ts';
import type { Severity } from '../rules/severity.ts';
import { createSubjectReader } from '../store/condition-subject.ts';
import type { Database } from '../store/database.ts';
import { findingColumns, findingRow, toFinding } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { integer, nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import type { History } from './history.ts';
import { where } from './where.ts';

/** An event, or one interval of a condition, as `findings` lists it. */
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
  /** Who accepted it, when, why and until which day; null: nobody, or no longer. */
  acknowledgement: { reason: string; by: string; at: string; until: string } | null;
};

/** Which findings to list. Without any filter, all. */
export interface FindingFilter {
  /** Only open conditions, acknowledged ones among them. */
  open?: boolean | undefined;
  /** Only acknowledged conditions. */
  acknowledged?: boolean | undefined;
  /** Only what happened, or opened, at this instant or later. */
  since?: string | undefined;
  /** Only what happened, or opened, before this instant. */
  until?: string | undefined;
  kind?: FindingKind | undefined;
  severity?: Severity | undefined;
  /** Only what is about the account or its tokens. */
  membershipId?: string | undefined;
  limit?: number | undefined;
}

const listedRow = {
  ...findingRow,
  conditionId: nullable(integer),
  level: nullable(integer),
  openedAt: text,
  resolvedAt: nullable(text),
  ackReason: nullable(text),
  ackBy: nullable(text),
  ackAt: nullable(text),
  ackUntil: nullable(text),
  severityThen: textOf<Severity>(),
  detailThen: text,
};
type ListedRow = RowOf<typeof listedRow>;

/** What a list is about, as the parts of its statement. */
interface Scope {
  findings: string;
  /** The severity and detail of a finding, and the owner of its token. */
  severity: string;
  detail: string;
  owner: string;
  /** What must hold of the run that resolved a condition, and of its acknowledgement. */
  resolved: string;
  acknowledged: string;
}

const acknowledgedNow = 'a.ended_at IS NULL AND a.expires_at > @now';
/** A condition is listed with the finding that opened it. */
const eventsAndConditions = "(f.transition = 'event' OR f.id = c.id)";

const reported: Scope = {
  findings: 'f.run_id = @runId AND f.suppressed_by IS NULL',
  severity: 'f.severity',
  detail: 'f.detail',
  owner: 'f.token_membership_id',
  resolved: 'TRUE',
  acknowledged: acknowledgedNow,
};

const present: Scope = {
  findings: eventsAndConditions,
  severity: 'coalesce(c.severity, f.severity)',
  detail: lastTransition('detail', 'TRUE'),
  owner: lastOwner('TRUE'),
  resolved: 'TRUE',
  acknowledged: acknowledgedNow,
};

const past: Scope = {
  findings: `${eventsAndConditions} AND f.run_id <= @runId`,
  severity: lastTransition('severity', 'last.run_id <= @runId'),
  detail: lastTransition('detail', 'last.run_id <= @runId'),
  owner: lastOwner('v.first_run_id <= @runId'),
  resolved: 'resolved.id <= @runId',
  acknowledged: 'a.created_at <= @now AND a.expires_at > @now AND (a.ended_at IS NULL OR a.ended_at > @now)',
};

/** Of the newest transition of the condition, other than its end. */
function lastTransition(column: string, upTo: string): string {
  return `coalesce((SELECT last.${column}
                      FROM findings AS last
                     WHERE last.subject = f.subject
                       AND last.condition_id = c.id
                       AND last.transition <> 'resolved'
                       AND ${upTo}
                     ORDER BY last.id DESC
                     LIMIT 1), f.${column})`;
}

/** Of the token of a condition; for an event, the owner as of the event. */
function lastOwner(upTo: string): string {
  return `CASE WHEN c.id IS NULL THEN f.token_membership_id
               ELSE (SELECT v.membership_id
                       FROM token_versions AS v
                      WHERE v.token_id = f.subject
                        AND ${upTo}
                      ORDER BY v.first_run_id DESC
                      LIMIT 1)
          END`;
}

function select({ findings, severity, detail, owner, resolved, acknowledged }: Scope, filter: FindingFilter): string {
  const filters = where(
    [filter.open, 'c.id IS NOT NULL AND resolved.id IS NULL'],
    [filter.acknowledged, 'a.id IS NOT NULL AND resolved.id IS NULL'],
    [filter.since, 'opened.started_at >= @since'],
    [filter.until, 'opened.started_at < @until'],
    [filter.kind, 'f.kind = @kind'],
    [filter.severity, `${severity} = @severity`],
    [filter.membershipId, `@membershipId IN (f.subject, ${owner})`],
  );
  return `SELECT ${findingColumns}, c.id AS conditionId, c.level, ${severity} AS severityThen, ${detail} AS detailThen,
                 opened.started_at AS openedAt, resolved.started_at AS resolvedAt,
                 a.reason AS ackReason, a.by_whom AS ackBy, a.created_at AS ackAt, a.expires_on AS ackUntil
            FROM findings AS f
            LEFT JOIN conditions AS c ON c.id = f.condition_id
            JOIN runs AS opened ON opened.id = coalesce(c.opened_run_id, f.run_id)
            LEFT JOIN runs AS resolved ON resolved.id = c.resolved_run_id AND ${resolved}
            LEFT JOIN acknowledgements AS a ON a.condition_id = c.id AND ${acknowledged}
           WHERE ${findings}
             AND ${filters}
           ORDER BY f.id DESC
           LIMIT @limit`;
}

export function createListedFindings(
  db: Database,
  owners: OwnerReader,
): Pick<History, 'findings' | 'findingsReportedBy'> {
  const subjectOf = createSubjectReader(db, owners);

  function* list(
    scope: Scope,
    { limit = -1, ...filter }: FindingFilter,
    moment: { runId?: number | undefined; now: Date },
    contentOf: (row: ListedRow) => KindWithDetail,
  ): Generator<ListedFinding> {
    const rows = prepare<[object]>(db, select(scope, filter)).returning(listedRow);
    for (const row of rows.iterate({ ...filter, ...moment, limit, now: moment.now.toISOString() })) {
      yield toListed(row, contentOf(row));
    }
  }

  /** As the journal has it. Owners are not listed, and reading that of each row would take long. */
  function journalled(row: ListedRow): Finding {
    const finding = { ...row, detail: row.detailThen };
    return toFinding(finding, row.kind === 'token-identity-changed' ? owners.asOf : () => null);
  }

  /** An open condition with the present facts about its token or owner. */
  function presentContent(row: ListedRow, agesAt: Date): KindWithDetail {
    if (!isOpen(row) || row.level === null || !isConditionKind(row.kind)) return toContent(journalled(row));
    const about = subjectOf({ type: row.subjectType, id: row.subject });
    return conditionFacts(row.kind, row.level, about, agesAt);
  }

  return {
    findingsReportedBy: (runId, filter, now) =>
      list(reported, filter, { runId, now }, (row) => toContent(journalled(row))),
    findings({ isPast, run, instant: now }, filter) {
      // As in the list of tokens and in mails, ages are those at the time of the run.
      const agesAt = run === null ? now : new Date(run.startedAt);
      if (!isPast) return list(present, filter, { now }, (row) => presentContent(row, agesAt));
      return list(past, filter, { runId: run.id, now }, (row) => {
        const finding = journalled(row);
        return toContent(isOpen(row) ? findingAsOf(finding, agesAt) : finding);
      });
    },
  };
}

function isOpen({ conditionId, resolvedAt }: ListedRow): boolean {
  return conditionId !== null && resolvedAt === null;
}

function toContent(finding: Finding): KindWithDetail {
  const { id, runId, severity, subject, token, owner, transition, ...content } = finding;
  return content;
}

function toListed(row: ListedRow, content: KindWithDetail): ListedFinding {
  const { ackReason, ackBy, ackAt, ackUntil } = row;
  const isAcknowledged = ackReason !== null && ackBy !== null && ackAt !== null && ackUntil !== null;
  return {
    id: row.conditionId ?? row.id,
    runId: row.runId,
    ...content,
    severity: row.severityThen,
    state: stateOf(row),
    subject: { type: row.subjectType, id: row.subject },
    tokenId: row.subjectType === 'token' ? row.subject : null,
    tokenName: row.tokenName,
    tokenType: row.tokenType,
    openedAt: row.openedAt,
    resolvedAt: row.resolvedAt,
    acknowledgement: isAcknowledged ? { reason: ackReason, by: ackBy, at: ackAt, until: ackUntil } : null,
  };
}

function stateOf({ conditionId, resolvedAt, ackUntil }: ListedRow): ListedFinding['state'] {
  if (conditionId === null) return 'event';
  if (resolvedAt !== null) return 'resolved';
  return ackUntil === null ? 'open' : 'acknowledged';
}
