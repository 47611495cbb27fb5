import { type ConditionKind, eventSeverity } from '../rules/catalogue.ts';
import type { Finding, ResolvedReason, SubjectType } from '../rules/finding.ts';
import type { FindingFacts } from '../rules/finding-facts.ts';
import { approvalGap } from '../rules/register.ts';
import { isConnectionAdmin, isRaised } from '../rules/role.ts';
import type { Token } from '../rules/token.ts';
import { type Rotations, type TokenChange, tokenEvents } from '../rules/token-events.ts';
import type { Database } from '../store/database.ts';
import { type FindingReaders, findingColumns, findingRow, toFinding, withOwners } from '../store/findings.ts';
import type { OwnerReader } from '../store/owners.ts';
import { boolean, instant, integer, jsonOf, nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import { tokenColumns, tokenRow, toToken } from '../store/token-row.ts';
import type { History } from './history.ts';

interface TokenOfRun {
  tokenId: string;
  runId: number;
}

interface Range {
  from: number;
  to: number;
}

/** Conditions that were resolved for these reasons are left out, because the event about their token is listed. */
const reasonsReportedByEvent: readonly (ResolvedReason | null)[] = ['token-removed', 'token-disabled'];

const conditionKey = { kind: textOf<ConditionKind>(), subjectType: textOf<SubjectType>(), subject: text };
type ConditionKey = RowOf<typeof conditionKey>;

export function createDiff(db: Database, readers: FindingReaders & { owners: OwnerReader }): Pick<History, 'diff'> {
  const { owners, register } = readers;
  const stmts = {
    changedTokens: prepare<[Range]>(
      db,
      `SELECT DISTINCT token_id
         FROM token_versions
        WHERE (first_run_id > @from AND first_run_id <= @to)
           OR (last_run_id >= @from AND last_run_id < @to)
        ORDER BY token_id`,
    ).returningOne(text),
    rotations: prepare<[Range]>(
      db,
      `SELECT subject AS newId, detail ->> '$.replaced' AS replaced
         FROM findings
        WHERE kind = 'token-rotated'
          AND run_id > @from
          AND run_id <= @to`,
    ).returning({ newId: text, replaced: text }),
    raises: prepare<[Range]>(
      db,
      `SELECT subject AS membershipId, min(id) AS id, detail -> '$.before' AS before
         FROM findings
        WHERE kind = 'owner-role-raised'
          AND run_id > @from
          AND run_id <= @to
        GROUP BY subject
        ORDER BY id`,
    ).returning({ membershipId: text, id: integer, before: jsonOf<FindingFacts['owner-role-raised']['before']>() }),
    startedAt: prepare<[number]>(db, 'SELECT started_at FROM runs WHERE id = ?').returningOne(instant),
    tokenAsOf: prepare<[TokenOfRun]>(
      db,
      `SELECT ${tokenColumns('v')},
              (SELECT min(first_run_id) FROM token_versions WHERE token_id = @tokenId) AS firstSeenRunId
         FROM token_versions AS v
        WHERE v.token_id = @tokenId
          AND v.first_run_id <= @runId
          AND (v.last_run_id IS NULL OR v.last_run_id >= @runId)`,
    ).returning({ ...tokenRow, firstSeenRunId: integer }),
    isRemovalConfirmed: prepare<[TokenOfRun]>(
      db,
      `SELECT detail ->> '$.confirmed'
         FROM findings
        WHERE subject = @tokenId
          AND kind = 'token-removed'
          AND run_id <= @runId
        ORDER BY id DESC
        LIMIT 1`,
    ).returningOne(nullable(boolean)),
    changedConditions: prepare<[Range]>(
      db,
      `SELECT kind, subject_type AS subjectType, subject
         FROM findings
        WHERE run_id > @from
          AND run_id <= @to
          AND condition_id IS NOT NULL
        GROUP BY kind, subject_type, subject
        ORDER BY max(id)`,
    ).returning(conditionKey),
    /** Selects the condition that was open as of a run, with its last transition up to that run. */
    openAsOf: prepare<[ConditionKey & { runId: number }]>(
      db,
      `SELECT ${findingColumns}, c.resolved_reason AS resolvedReason
         FROM conditions AS c
         JOIN findings AS f ON f.subject = c.subject AND f.condition_id = c.id
        WHERE c.kind = @kind
          AND c.subject_type = @subjectType
          AND c.subject = @subject
          AND c.opened_run_id <= @runId
          AND (c.resolved_run_id IS NULL OR c.resolved_run_id > @runId)
          AND f.transition IN ('opened', 'reopened', 'escalated', 'eased')
          AND f.run_id <= @runId
        ORDER BY f.id DESC
        LIMIT 1`,
    ).returning({ ...findingRow, resolvedReason: nullable(textOf<ResolvedReason>()) }),
  };

  /** Returns how a token changed from one snapshot to the other; null if neither has it. */
  function changeOf(tokenId: string, { from, to }: Range): TokenChange | null {
    const before = stmts.tokenAsOf.get({ tokenId, runId: from });
    const after = stmts.tokenAsOf.get({ tokenId, runId: to });
    if (before && after) return { kind: 'altered', before: toToken(before), after: toToken(after) };
    if (after) return { kind: 'appeared', after: toToken(after), seenBefore: after.firstSeenRunId <= from };
    return before && { kind: 'vanished', before: toToken(before) };
  }

  function* changes(range: Range): Generator<TokenChange> {
    for (const tokenId of stmts.changedTokens.iterate(range)) {
      const change = changeOf(tokenId, range);
      if (change !== null) yield change;
    }
  }

  /** Returns the rotations that runs of the range reported, from the tokens of its first run to those of its last. */
  function rotationsIn(range: Range): Rotations {
    const replacedBy = new Map(stmts.rotations.all(range).map(({ newId, replaced }) => [newId, replaced]));
    // The replaced token may itself have replaced one within the range.
    const firstOf = (id: string): Token | null => {
      const token = stmts.tokenAsOf.get({ tokenId: id, runId: range.from });
      const replaced = replacedBy.get(id);
      if (token !== null || replaced === undefined) return token && toToken(token);
      return firstOf(replaced);
    };
    const byNewId = new Map<string, Token>();
    for (const [newId, replaced] of replacedBy) {
      const before = firstOf(replaced);
      const isStillThere = stmts.tokenAsOf.get({ tokenId: newId, runId: range.to }) !== null;
      if (before !== null && isStillThere) byNewId.set(newId, before);
    }
    return { byNewId, replacedIds: new Set([...byNewId.values()].map(({ id }) => id)) };
  }

  /** Returns the id of a token that vanished, if Omni confirmed it. */
  function confirmedIn(change: TokenChange, runId: number): ReadonlySet<string> {
    if (change.kind !== 'vanished') return new Set();
    const { id } = change.before;
    return new Set(stmts.isRemovalConfirmed.get({ tokenId: id, runId }) === true ? [id] : []);
  }

  /** Yields the owners whose tokens can do more than before the first raise of the range. */
  function* raiseFindings(range: Range): Generator<Finding> {
    for (const { membershipId, before } of stmts.raises.all(range)) {
      const owner = owners.asOf(membershipId, range.to);
      if (owner === null || owner.role === null || !isRaised(before, owner.role)) continue;
      const about = {
        tokenType: null,
        isReduced: false,
        isConnectionAdmin: isConnectionAdmin(owner.role),
        isApproved: false,
      };
      yield {
        kind: 'owner-role-raised',
        transition: 'event',
        detail: { ...owners.withTokens(membershipId), owner, before, after: owner.role },
        severity: eventSeverity('owner-role-raised', about),
        id: 0,
        runId: range.to,
        subject: { type: 'owner', id: membershipId },
        token: null,
        owner,
        register: null,
      };
    }
  }

  function* tokenFindings(range: Range): Generator<Finding> {
    const rotations = rotationsIn(range);
    const now = stmts.startedAt.get(range.to) ?? new Date(0);
    for (const change of changes(range)) {
      const runId = change.kind === 'vanished' ? range.from : range.to;
      const confirmed = confirmedIn(change, range.to);
      for (const { token, suppressedBy, ...event } of tokenEvents(change, { confirmed, rotations }, now)) {
        if (suppressedBy !== null) continue;
        const { enabled, ...facts } = token;
        const owner = owners.asOf(token.membershipId, runId);
        const entry = register.entryAsOf(token.id, runId);
        yield {
          ...withOwners(event, (id) => owners.asOf(id, runId)),
          transition: 'event',
          severity: eventSeverity(event.kind, {
            tokenType: token.type,
            isReduced: false,
            isConnectionAdmin: isConnectionAdmin(owner?.role ?? null),
            isApproved: approvalGap(entry, { membershipId: token.membershipId, owner }) === null,
          }),
          id: 0,
          runId: range.to,
          subject: { type: 'token', id: token.id },
          token: facts,
          owner,
          register: entry,
        };
      }
    }
  }

  function* conditionFindings(range: Range): Generator<Finding> {
    for (const key of stmts.changedConditions.iterate(range)) {
      const before = stmts.openAsOf.get({ ...key, runId: range.from });
      const after = stmts.openAsOf.get({ ...key, runId: range.to });
      if (after !== null) {
        const isChange = before === null || (after.id !== before.id && /escalated|eased/.test(after.transition));
        const transition = before === null ? 'opened' : after.transition;
        if (isChange) yield toFinding({ ...after, transition }, readers, range.to);
      } else if (before !== null && !reasonsReportedByEvent.includes(before.resolvedReason)) {
        const resolved = { transition: 'resolved', severity: 'info', detail: 'null' } as const;
        yield toFinding({ ...before, ...resolved }, readers, range.to);
      }
    }
  }

  return {
    *diff(from, to) {
      yield* tokenFindings({ from, to });
      yield* raiseFindings({ from, to });
      yield* conditionFindings({ from, to });
    },
  };
}
