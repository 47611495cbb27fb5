import type { Finding, FindingOwner } from '../rules/finding.ts';
import { type TokenChange, type TokenEvent, tokenEvents } from '../rules/token-events.ts';
import type { Database } from '../store/database.ts';
import { type FindingRow, findingColumns, toFinding, withOwners } from '../store/findings.ts';
import { createOwnerReader, type OwnerReader } from '../store/owners.ts';
import { type TokenRow, toToken } from '../store/token-row.ts';

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
  const { asOf } = createOwnerReader(db);
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
    const confirmedRemovals = new Set(row.confirmed === 1 ? [row.tokenId] : []);
    for (const event of tokenEvents(change, confirmedRemovals)) yield toEventFinding(event, pair, asOf);
  }
  yield* readTransitions(db, pair, asOf);
}

/** null: it was there at neither moment. */
function toChange({ before, after, seenBefore }: ChangedRow): TokenChange | null {
  const [old, now] = [before, after].map((json) => (json === null ? null : toToken(JSON.parse(json) as TokenRow)));
  if (old && now) return { kind: 'altered', before: old, after: now };
  if (now) return { kind: 'appeared', after: now, seenBefore: seenBefore === 1 };
  return old ? { kind: 'vanished', before: old } : null;
}

function toEventFinding({ token, ...event }: TokenEvent, { from, to }: RunPair, asOf: OwnerReader['asOf']): Finding {
  const { id, name, type, createdAt, membershipId } = token;
  const ownerOf = (holder: string | null): FindingOwner | null =>
    asOf(holder, event.kind === 'token-removed' ? from : to);
  return {
    ...withOwners(event, ownerOf),
    transition: 'event',
    id: 0,
    runId: to,
    subject: { type: 'token', id },
    token: { id, name, type, createdAt, membershipId },
    owner: ownerOf(membershipId),
  };
}

interface TurnedRow {
  stoodThen: number;
  standsNow: number;
  lastThen: number | null;
  lastNow: number | null;
  ended: number | null;
}

/**
 * Conditions that began or ended between the two moments, or were worse or better at the later one;
 * one that ended and came back is none of these.
 */
function* readTransitions(db: Database, pair: RunPair, asOf: OwnerReader['asOf']): Generator<Finding> {
  const standing = (moment: string): string =>
    `EXISTS (SELECT 1 FROM conditions AS c
              WHERE c.subject = t.subject AND c.kind = t.kind AND c.subject_type = t.subject_type
                AND c.opened_run_id <= ${moment} AND (c.resolved_run_id IS NULL OR c.resolved_run_id > ${moment}))`;
  const last = (moment: string): string =>
    `(SELECT max(f.id) FROM findings AS f
       WHERE f.subject = t.subject AND f.kind = t.kind AND f.subject_type = t.subject_type
         AND f.transition IN ('opened', 'reopened', 'escalated', 'eased') AND f.run_id <= ${moment})`;
  const turned = db.prepare<[RunPair], TurnedRow>(
    `SELECT ${standing('@from')} AS stoodThen, ${standing('@to')} AS standsNow,
            ${last('@from')} AS lastThen, ${last('@to')} AS lastNow,
            (SELECT max(f.id) FROM findings AS f
              WHERE f.subject = t.subject AND f.kind = t.kind AND f.subject_type = t.subject_type AND f.transition = 'resolved'
                AND f.run_id > @from AND f.run_id <= @to AND f.suppressed_by IS NOT 'event') AS ended
       FROM (SELECT DISTINCT subject_type, subject, kind
               FROM findings
              WHERE run_id > @from
                AND run_id <= @to
                AND transition <> 'event') AS t
      ORDER BY lastNow`,
  );
  const byId = db.prepare<[number], FindingRow>(`SELECT ${findingColumns} FROM findings AS f WHERE f.id = ?`);
  for (const { stoodThen, standsNow, lastThen, lastNow, ended } of turned.iterate(pair)) {
    const id = standsNow === 1 ? lastNow : stoodThen === 1 ? ended : null;
    const row = id === null || (stoodThen === 1 && id === lastThen) ? undefined : byId.get(id);
    if (row === undefined) continue;
    const finding = toFinding(row, asOf, pair.to);
    if (finding.transition === 'event') continue;
    if (stoodThen === 0 && finding.transition !== 'resolved') yield { ...finding, transition: 'opened' };
    else if (finding.transition !== 'opened' && finding.transition !== 'reopened') yield finding;
  }
}
