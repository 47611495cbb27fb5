import type { Finding, FindingOwner } from '../domain/finding.ts';
import { type TokenChange, type TokenEvent, tokenEvents } from '../domain/token-events.ts';
import type { Database } from './database.ts';
import { type FindingRow, findingColumns, toFinding } from './findings.ts';
import { createOwnerLooks } from './owners.ts';
import { type TokenRow, toToken } from './token-row.ts';

/** Two complete runs, the earlier one first. */
export interface RunPair {
  from: number;
  to: number;
}

interface ChangedRow {
  tokenId: string;
  before: string | null;
  after: string | null;
  seenBefore: number;
  confirmed: number | null;
}

const asTokenRow = (version: string): string =>
  `json_object('tokenId', ${version}.token_id, 'name', ${version}.name, 'type', ${version}.type, 'enabled', ${version}.enabled,
               'createdAt', ${version}.created_at, 'membershipId', ${version}.membership_id)`;

/**
 * What differs between the snapshots of two runs, as the digest of the later one would tell it had no
 * other run been between: changes of tokens by id, then conditions that began or ended. What came and
 * went in between is not in it. Read row by row, for a connection that only looks.
 */
export function* readDiff(db: Database, pair: RunPair): Generator<Finding> {
  const { asOf } = createOwnerLooks(db);
  const changed = db.prepare<[RunPair], ChangedRow>(
    `SELECT t.token_id AS tokenId,
            CASE WHEN a.token_id IS NOT NULL THEN ${asTokenRow('a')} END AS before,
            CASE WHEN b.token_id IS NOT NULL THEN ${asTokenRow('b')} END AS after,
            EXISTS (SELECT 1 FROM token_versions AS old WHERE old.token_id = t.token_id AND old.first_run_id <= @from) AS seenBefore,
            (SELECT f.detail ->> '$.confirmed'
               FROM findings AS f
              WHERE f.subject = t.token_id
                AND f.kind = 'token-removed'
                AND f.run_id <= @to
              ORDER BY f.id DESC
              LIMIT 1) AS confirmed
       FROM (SELECT DISTINCT token_id
               FROM token_versions
              WHERE (first_run_id > @from AND first_run_id <= @to)
                 OR (last_run_id >= @from AND last_run_id < @to)) AS t
       LEFT JOIN token_versions AS a
         ON a.token_id = t.token_id
        AND a.first_run_id <= @from
        AND (a.last_run_id IS NULL OR a.last_run_id >= @from)
       LEFT JOIN token_versions AS b
         ON b.token_id = t.token_id
        AND b.first_run_id <= @to
        AND (b.last_run_id IS NULL OR b.last_run_id >= @to)
      ORDER BY t.token_id`,
  );
  for (const row of changed.iterate(pair)) {
    const change = toChange(row);
    if (change === null) continue;
    for (const event of tokenEvents(change)) yield toEventFinding(event, row, pair, asOf);
  }
  yield* readTurns(db, pair, asOf);
}

/** null: it was there at neither moment. */
function toChange({ before, after, seenBefore }: ChangedRow): TokenChange | null {
  const [old, now] = [before, after].map((json) => (json === null ? null : toToken(JSON.parse(json) as TokenRow)));
  if (old && now) return { kind: 'altered', before: old, after: now };
  if (now) return { kind: 'appeared', after: now, seenBefore: seenBefore === 1 };
  return old ? { kind: 'vanished', before: old } : null;
}

type AsOf = (membershipId: string, runId: number) => FindingOwner | null;

function toEventFinding(event: TokenEvent, row: ChangedRow, { from, to }: RunPair, asOf: AsOf): Finding {
  const { kind, severity, token, detail } = event;
  const { id, name, type, createdAt, membershipId } = token;
  const ownerRun = kind === 'token-removed' ? from : to;
  return {
    id: 0,
    runId: to,
    kind,
    turn: 'event',
    severity,
    subject: { type: 'token', id },
    token: { id, name, type, createdAt, membershipId },
    owner: membershipId === null ? null : asOf(membershipId, ownerRun),
    detail: kind === 'token-removed' ? { ...detail, confirmed: row.confirmed === 1 } : detail,
  };
}

/** Conditions that stand at one of the two moments alone, with their newest words up to the later one. */
function* readTurns(db: Database, pair: RunPair, asOf: AsOf): Generator<Finding> {
  const turns = db.prepare<[RunPair], FindingRow>(
    `SELECT ${findingColumns}
       FROM conditions AS c
       JOIN findings AS f
         ON f.id = (SELECT max(last.id)
                      FROM findings AS last
                     WHERE last.subject = c.subject
                       AND last.condition_id = c.id
                       AND last.run_id <= @to
                       AND last.turn <> 'resolved')
      WHERE c.opened_run_id > @from
        AND c.opened_run_id <= @to
        AND (c.resolved_run_id IS NULL OR c.resolved_run_id > @to)
      UNION ALL
     SELECT ${findingColumns}
       FROM conditions AS c
       JOIN findings AS f
         ON f.subject = c.subject
        AND f.condition_id = c.id
        AND f.turn = 'resolved'
      WHERE c.opened_run_id <= @from
        AND c.resolved_run_id > @from
        AND c.resolved_run_id <= @to
        AND f.silence IS NULL
      ORDER BY 1`,
  );
  for (const row of turns.iterate(pair)) {
    const owner = row.tokenMembershipId === null ? null : asOf(row.tokenMembershipId, pair.to);
    const finding = toFinding(row, owner);
    yield finding.turn === 'resolved' ? finding : { ...finding, turn: 'opened' };
  }
}
