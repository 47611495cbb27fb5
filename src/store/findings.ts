import type { FindingKind } from '../rules/catalogue.ts';
import type {
  Finding,
  FindingContent,
  FindingHeader,
  FindingToken,
  KindWithDetail,
  SubjectType,
  Suppression,
  Transition,
} from '../rules/finding.ts';
import type { FindingOwner } from '../rules/owner.ts';
import type { Severity } from '../rules/severity.ts';
import type { Database } from './database.ts';
import { createOwnerReader, type OwnerReader } from './owners.ts';
import { createRegisterReader, type RegisterReader } from './register.ts';
import { columnsOf, integer, type NamedValues, nullable, prepare, type RowOf, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** The append-only journal of what each run reports. */
export interface Findings {
  /** Writes a finding and returns its id. A finding that opens a condition gives the condition its id. */
  journal(tx: Transaction, finding: NewFinding): number;
  /**
   * Returns what a run reported, in the order of the journal, with owners as of that run. The caller must
   * not write before the generator has ended.
   */
  reportedBy(runId: number): Generator<Finding>;
}

/** What a finding is completed with when it is read. */
export interface FindingReaders {
  owners: Pick<OwnerReader, 'asOf'>;
  register: Pick<RegisterReader, 'entryAsOf'>;
}

/** A finding that is about to be journalled. */
export type NewFinding = Omit<FindingHeader, 'id' | 'owner' | 'register'> &
  FindingContent & {
    /** The condition that went through the transition; null for an event, and for the finding that opens a condition. */
    conditionId: number | null;
    suppressedBy: Suppression | null;
  };

/** The columns about a finding's token, as of its run. */
export const findingTokenRow = {
  subject: text,
  tokenName: nullable(text),
  tokenType: nullable(text),
  tokenCreatedAt: nullable(text),
  tokenMembershipId: nullable(text),
};
export type FindingTokenRow = RowOf<typeof findingTokenRow>;

/** A finding as selected with `findingColumns`. */
export const findingRow = {
  id: integer,
  runId: integer,
  kind: textOf<FindingKind>(),
  transition: textOf<Transition>(),
  severity: textOf<Severity>(),
  subjectType: textOf<SubjectType>(),
  ...findingTokenRow,
  detail: text,
};
export type FindingRow = RowOf<typeof findingRow>;

/** The columns of `findingRow`, from `findings AS f`. */
export const findingColumns = columnsOf('f', findingRow);

export function createFindings(db: Database): Findings {
  const stmts = {
    nextId: prepare(
      db,
      "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'findings'), 0) + 1",
    ).returningOne(integer),
    insert: prepare<[NamedValues]>(
      db,
      `INSERT INTO findings (id, run_id, kind, transition, severity, condition_id, subject_type, subject, token_name,
                             token_type, token_created_at, token_membership_id, detail, suppressed_by)
       VALUES (@id, @runId, @kind, @transition, @severity, @conditionId, @subjectType, @subject, @tokenName,
               @tokenType, @tokenCreatedAt, @tokenMembershipId, @detail, @suppressedBy)`,
    ),
    reportedBy: prepare<[number]>(
      db,
      `SELECT ${findingColumns} FROM findings AS f WHERE f.run_id = ? AND f.suppressed_by IS NULL ORDER BY f.id`,
    ).returning(findingRow),
  };
  const owners = createOwnerReader(db);
  const readers = { owners, register: createRegisterReader(db, owners) };

  return {
    journal(tx, { subject, token, detail, conditionId, ...finding }) {
      tx.requireOpen();
      const id = stmts.nextId.get() ?? 1;
      stmts.insert.run({
        ...finding,
        id,
        conditionId: conditionId ?? (finding.transition === 'event' ? null : id),
        subjectType: subject.type,
        subject: subject.id,
        tokenName: token?.name ?? null,
        tokenType: token?.type ?? null,
        tokenCreatedAt: token?.createdAt ?? null,
        tokenMembershipId: token?.membershipId ?? null,
        detail: JSON.stringify(detail),
      });
      return id;
    },
    *reportedBy(runId) {
      for (const row of stmts.reportedBy.iterate(runId)) yield toFinding(row, readers);
    },
  };
}

/** Returns the finding with its owners as of a run, by default the run that reported it. */
export function toFinding(row: FindingRow, { owners, register }: FindingReaders, runId = row.runId): Finding {
  const { kind, transition, detail } = row;
  // Safe: only `journal` writes these columns, and it takes all three from one `FindingContent`.
  const content = { kind, transition, detail: JSON.parse(detail) } as FindingContent;
  const header: FindingHeader = {
    id: row.id,
    runId: row.runId,
    severity: row.severity,
    subject: { type: row.subjectType, id: row.subject },
    token: toFindingToken(row),
    owner: owners.asOf(row.subjectType === 'owner' ? row.subject : row.tokenMembershipId, runId),
    register: row.subjectType === 'token' ? register.entryAsOf(row.subject, runId) : null,
  };
  return { ...header, ...withOwners(content, (membershipId) => owners.asOf(membershipId, runId)) };
}

/** Adds what is known about a token's former and new owner. The journal has only their ids. */
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

/** Returns the finding's token; null if the journal has none. */
export function toFindingToken(row: FindingTokenRow): FindingToken | null {
  const { subject: id, tokenName: name, tokenType: type, tokenCreatedAt: createdAt } = row;
  if (name === null || type === null || createdAt === null) return null;
  return { id, name, type, createdAt, membershipId: row.tokenMembershipId };
}
