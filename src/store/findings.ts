import type { FindingKind } from '../rules/catalogue.ts';
import type {
  Finding,
  FindingContent,
  FindingHeader,
  FindingOwner,
  FindingToken,
  KindWithDetail,
  SubjectType,
  Suppression,
  Transition,
} from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import { inChunks } from './chunks.ts';
import type { Database } from './database.ts';
import { createOwnerReader, type OwnerReader } from './owners.ts';

/** A finding that is about to be journalled. */
export type NewFinding = Omit<FindingHeader, 'id' | 'owner'> & FindingContent & NewFindingDecision;

interface NewFindingDecision {
  /** The condition whose transition this is; null for an event, and for the finding that opens one. */
  conditionId: number | null;
  suppressedBy: Suppression | null;
}

/** The token beside a finding. */
export interface FindingTokenRow {
  subject: string;
  tokenName: string | null;
  tokenType: string | null;
  tokenCreatedAt: string | null;
  tokenMembershipId: string | null;
}

export interface FindingRow extends FindingTokenRow {
  id: number;
  runId: number;
  kind: FindingKind;
  transition: Transition;
  severity: Severity;
  subjectType: SubjectType;
  detail: string;
}

/** For SELECT lists over `findings AS f`. */
export const findingColumns = `f.id, f.run_id AS runId, f.kind, f.transition, f.severity, f.subject_type AS subjectType, f.subject,
       f.token_name AS tokenName, f.token_type AS tokenType, f.token_created_at AS tokenCreatedAt,
       f.token_membership_id AS tokenMembershipId, f.detail`;

/** The append-only journal of what each run found. */
export function createFindings(db: Database) {
  const nextId = db.prepare<[], { id: number }>(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'findings'), 0) + 1 AS id",
  );
  const insert = db.prepare<[FindingRow & { conditionId: number | null; suppressedBy: Suppression | null }]>(
    `INSERT INTO findings (id, run_id, kind, transition, severity, condition_id, subject_type, subject, token_name, token_type,
                           token_created_at, token_membership_id, detail, suppressed_by)
     VALUES (@id, @runId, @kind, @transition, @severity, @conditionId, @subjectType, @subject, @tokenName, @tokenType,
             @tokenCreatedAt, @tokenMembershipId, @detail, @suppressedBy)`,
  );
  const nextTold = db.prepare<[number, number, number], FindingRow>(
    `SELECT ${findingColumns}
       FROM findings AS f
      WHERE f.run_id = ?
        AND f.suppressed_by IS NULL
        AND f.id > ?
      ORDER BY f.id
      LIMIT ?`,
  );
  const { asOf } = createOwnerReader(db);

  return {
    /** Answers the id. A finding that opens a condition gives the condition its id. */
    journal(finding: NewFinding): number {
      const id = nextId.get()?.id ?? 1;
      insert.run({
        id,
        runId: finding.runId,
        kind: finding.kind,
        transition: finding.transition,
        severity: finding.severity,
        conditionId: finding.conditionId ?? (finding.transition === 'event' ? null : id),
        subjectType: finding.subject.type,
        subject: finding.subject.id,
        tokenName: finding.token?.name ?? null,
        tokenType: finding.token?.type ?? null,
        tokenCreatedAt: finding.token?.createdAt ?? null,
        tokenMembershipId: finding.token?.membershipId ?? null,
        detail: JSON.stringify(finding.detail),
        suppressedBy: finding.suppressedBy,
      });
      return id;
    },
    /** What the run told, with the owners as of then, in the order of the journal, read in chunks. */
    *told(runId: number): Generator<Finding> {
      yield* inChunks(
        (after, limit) => nextTold.all(runId, after, limit),
        0,
        (row) => row.id,
        (row) => toFinding(row, asOf),
      );
    },
  };
}

/** The finding with its owners as of a run: the run that reported it, unless another is given. */
export function toFinding(row: FindingRow, asOf: OwnerReader['asOf'], runId = row.runId): Finding {
  const content = toContent(row);
  const header: FindingHeader = {
    id: row.id,
    runId: row.runId,
    severity: row.severity,
    subject: { type: row.subjectType, id: row.subject },
    token: toFindingToken(row),
    owner: asOf(row.subjectType === 'owner' ? row.subject : row.tokenMembershipId, runId),
  };
  return { ...header, ...withOwners(content, (membershipId) => asOf(membershipId, runId)) };
}

function toContent({ kind, transition, detail }: Pick<FindingRow, 'kind' | 'transition' | 'detail'>): FindingContent {
  // `journal` wrote all three from one such content, and nothing else writes them.
  return { kind, transition, detail: JSON.parse(detail) } as FindingContent;
}

/** Fills in who the owners of a token were and are. The journal has only their ids: what is known of people is kept in one place. */
export function withOwners<Content extends KindWithDetail>(
  content: Content,
  ownerOf: (membershipId: string | null) => FindingOwner | null,
): Content {
  if (content.kind !== 'token-identity-changed' || content.detail === null) return content;
  const changes = content.detail.changes.map((change) =>
    change.field === 'membershipId'
      ? { ...change, owners: { before: ownerOf(change.before), after: ownerOf(change.after) } }
      : change,
  );
  return { ...content, detail: { changes } };
}

/** null: there is none, or nothing is known of it any more. */
export function toFindingToken(row: FindingTokenRow): FindingToken | null {
  const { subject: id, tokenName: name, tokenType: type, tokenCreatedAt: createdAt } = row;
  if (name === null || type === null || createdAt === null) return null;
  return { id, name, type, createdAt, membershipId: row.tokenMembershipId };
}
