import { type ConditionKind, type FindingKind, isConditionKind } from '../rules/catalogue.ts';
import type { Finding, FindingHeader, KindWithDetail, Subject } from '../rules/finding.ts';
import { conditionFacts, findingAsOf } from '../rules/judge.ts';
import type { Severity } from '../rules/severity.ts';
import { type ConditionSubjectRow, toConditionSubject } from '../store/condition-subject.ts';
import type { Database } from '../store/database.ts';
import { type FindingRow, findingColumns, toFinding } from '../store/findings.ts';
import { createOwnerReader, type OwnerReader } from '../store/owners.ts';
import { tokenColumns } from '../store/token-row.ts';

/** An event, or one interval of a condition, as `findings` lists it. */
export type ListedFinding = KindWithDetail & ListedHeader;

interface ListedHeader {
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
  /** Who accepted it, why and until which day; null: nobody, or no longer. */
  acknowledgement: { reason: string; by: string; at: string; until: string } | null;
}

export interface FindingFilter {
  /** Only what this run told. */
  toldBy?: number | undefined;
  /** As things stood after this run; else as they stand now. */
  asOf?: number | undefined;
  /** Only conditions that stand, acknowledged ones among them. */
  open?: boolean;
  /** Only what is acknowledged. */
  acknowledged?: boolean;
  /** Only what happened, or began, from then on and before then; UTC ISO-8601. */
  since?: string | undefined;
  until?: string | undefined;
  kind?: FindingKind | undefined;
  severity?: Severity | undefined;
  /** Only what concerns the account or its tokens. */
  membershipId?: string | undefined;
  /** At most so many. */
  limit?: number | undefined;
  /** An acknowledgement holds from when it was made until its last day is over. */
  now: Date;
  /** When ages are counted; `now` unless told. */
  agesAt?: Date | undefined;
}

interface FindingParameters {
  toldBy: number | null;
  asOf: number | null;
  open: number;
  acknowledged: number;
  since: string | null;
  until: string | null;
  kind: string | null;
  severity: string | null;
  membershipId: string | null;
  limit: number;
  now: string;
}

/** The newest transition of a condition up to a run, other than its end. */
const lastTransition = (column: string): string => `(SELECT last.${column}
               FROM findings AS last
              WHERE last.subject = f.subject
                AND last.condition_id = c.id
                AND last.transition <> 'resolved'
                AND (@asOf IS NULL OR last.run_id <= @asOf)
              ORDER BY last.id DESC
              LIMIT 1)`;

/** Of an event, the owner as of it; of a condition, that of its token at the moment. */
const ownerThen = `CASE WHEN c.id IS NULL OR @toldBy IS NOT NULL THEN f.token_membership_id
                                                      ELSE (SELECT v.membership_id
                                                              FROM token_versions AS v
                                                             WHERE v.token_id = f.subject
                                                               AND (@asOf IS NULL OR v.first_run_id <= @asOf)
                                                             ORDER BY v.first_run_id DESC
                                                             LIMIT 1)
                                                 END`;

/**
 * Events, and conditions one for each interval, newest first. A condition shows its severity
 * and detail of now, of then, or, when a run is asked for what it told, of that run.
 */
export function* listFindings(db: Database, filter: FindingFilter): Generator<ListedFinding> {
  const owners = createOwnerReader(db);
  const rows = db.prepare<[FindingParameters], FindingRow & ListedRow>(
    `SELECT *
       FROM (SELECT ${findingColumns}, c.id AS conditionId,
                    CASE WHEN @toldBy IS NOT NULL OR c.id IS NULL THEN f.severity
                         WHEN @asOf IS NULL THEN c.severity
                         ELSE coalesce(${lastTransition('severity')}, f.severity)
                    END AS severityThen,
                    ${lastTransition('detail')} AS detailThen,
                    opened.started_at AS openedAt, resolved.started_at AS resolvedAt,
                    c.level, ${tokenColumns('v')}, v.disabled_since AS disabledSince,
                    a.reason AS ackReason, a.by_whom AS ackBy, a.created_at AS ackAt, a.expires_on AS ackUntil
               FROM findings AS f
               LEFT JOIN conditions AS c ON c.id = f.condition_id
               JOIN runs AS opened ON opened.id = coalesce(c.opened_run_id, f.run_id)
               LEFT JOIN runs AS resolved
                 ON resolved.id = c.resolved_run_id
                AND (@asOf IS NULL OR resolved.id <= @asOf)
               LEFT JOIN token_versions AS v
                 ON c.subject_type = 'token'
                AND c.resolved_run_id IS NULL
                AND v.token_id = c.subject
                AND v.last_run_id IS NULL
               LEFT JOIN acknowledgements AS a
                 ON a.condition_id = c.id
                AND (a.ended_at IS NULL OR (@asOf IS NOT NULL AND a.ended_at > @now))
                AND (@asOf IS NULL OR a.created_at <= @now)
                AND a.expires_at > @now
              WHERE CASE WHEN @toldBy IS NULL
                         THEN f.transition = 'event' OR f.id = c.id
                         ELSE f.run_id = @toldBy AND f.suppressed_by IS NULL
                    END
                AND (@asOf IS NULL OR f.run_id <= @asOf)
                AND (@open = 0 OR (c.id IS NOT NULL AND resolved.id IS NULL))
                AND (@acknowledged = 0 OR (a.id IS NOT NULL AND resolved.id IS NULL))
                AND (@kind IS NULL OR f.kind = @kind)
                AND (@since IS NULL OR opened.started_at >= @since)
                AND (@until IS NULL OR opened.started_at < @until)
                AND (@membershipId IS NULL OR @membershipId IN (f.subject, ${ownerThen})))
      WHERE @severity IS NULL OR severityThen = @severity
      ORDER BY id DESC
      LIMIT @limit`,
  );
  const {
    toldBy = null,
    asOf = null,
    open = false,
    acknowledged = false,
    since = null,
    until = null,
    kind = null,
    severity = null,
    membershipId = null,
    limit = -1,
    agesAt = filter.now,
  } = filter;
  const now = filter.now.toISOString();
  const parameters = {
    toldBy,
    asOf,
    open: Number(open),
    acknowledged: Number(acknowledged),
    since,
    until,
    kind,
    severity,
    membershipId,
    limit,
    now,
  };
  for (const row of rows.iterate(parameters)) {
    const finding = toFinding(
      { ...row, detail: toldBy === null ? (row.detailThen ?? row.detail) : row.detail },
      // Of the owners, nothing else is listed here; asking for each row would take long.
      row.kind === 'token-identity-changed' ? owners.asOf : () => null,
    );
    // What a run told stays as it told it; what stood at a moment is shown as of the moment.
    if (toldBy !== null || !isStanding(row)) yield toListed(row, finding, withoutHeader(finding));
    else if (asOf === null) yield toListed(row, finding, contentOfNow(row, owners, agesAt));
    else yield toListed(row, finding, withoutHeader(findingAsOf(finding, agesAt)));
  }
}

interface ListedRow extends ConditionSubjectRow {
  /** null of an event. */
  level: number | null;
  conditionId: number | null;
  severityThen: Severity;
  /** Of its last transition, as the journal has it. */
  detailThen: string | null;
  openedAt: string;
  resolvedAt: string | null;
  ackReason: string | null;
  ackBy: string | null;
  ackAt: string | null;
  ackUntil: string | null;
}

function toListed(row: ListedRow, header: FindingHeader, content: KindWithDetail): ListedFinding {
  const { id, runId, subject, token } = header;
  return {
    id: row.conditionId ?? id,
    runId,
    ...content,
    severity: row.severityThen,
    state: stateOf(row),
    subject,
    tokenId: subject.type === 'token' ? subject.id : null,
    tokenName: token?.name ?? null,
    tokenType: token?.type ?? null,
    openedAt: row.openedAt,
    resolvedAt: row.resolvedAt,
    acknowledgement: toListedAcknowledgement(row),
  };
}

/** The kind with its facts alone: what is listed goes out as JSON. */
function withoutHeader(finding: Finding): KindWithDetail {
  const { id, runId, severity, subject, token, owner, transition, ...content } = finding;
  return content;
}

/** Both are of the condition. */
type StandingRow = ListedRow & FindingRow & { kind: ConditionKind; level: number };

function isStanding(row: ListedRow & FindingRow): row is StandingRow {
  return row.level !== null && row.resolvedAt === null && isConditionKind(row.kind);
}

function contentOfNow(row: StandingRow, owners: OwnerReader, now: Date): KindWithDetail {
  const about = toConditionSubject(row, owners);
  return about === null ? { kind: row.kind, detail: null } : conditionFacts(row.kind, row.level, about, now);
}

function stateOf({ conditionId, resolvedAt, ackUntil }: ListedRow): ListedFinding['state'] {
  if (conditionId === null) return 'event';
  if (resolvedAt !== null) return 'resolved';
  return ackUntil === null ? 'open' : 'acknowledged';
}

function toListedAcknowledgement({ ackReason, ackBy, ackAt, ackUntil }: ListedRow): ListedFinding['acknowledgement'] {
  if (ackReason === null || ackBy === null || ackAt === null || ackUntil === null) return null;
  return { reason: ackReason, by: ackBy, at: ackAt, until: ackUntil };
}
