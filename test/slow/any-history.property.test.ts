import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createJudge } from '../../src/rules/judge.ts';
import { noSeverityCounts } from '../../src/rules/severity.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, daysAgo } from '../support/audit-steps.ts';
import { defaultRules } from '../support/default-rules.ts';
import { inject, oneTokenPath, scimPaths } from '../support/omni-faults.ts';
import { someToken, uuid } from '../support/tokens.ts';

const owners = [uuid(901), uuid(902)];
const rarely = fc.nat(7).map((number) => number === 7);
const fields = {
  name: fc.constantFrom('', '\0a', '\0b', '\ud800', 'A', 'a', '🔑'),
  type: fc.constantFrom('organization', 'personal', 'mcp', 'service'),
  enabled: fc.boolean(),
  createdAt: fc.integer({ min: -10, max: 420 }).map(daysAgo),
  membershipId: fc.constantFrom(null, ...owners),
};
const change = fc.record({
  number: fc.integer({ min: 1, max: 5 }),
  isListed: fc.option(fc.boolean()),
  fields: fc.oneof(fc.record(fields), fc.record({ name: fields.name }), fc.record({ enabled: fields.enabled })),
});
const day = fc.record({
  elapsedMs: fc.oneof(fc.constant(60_000), fc.integer({ min: 1, max: 130 * msPerDay })),
  changes: fc.array(change, { maxLength: 5 }),
  /** The places of tokens that are replaced by new ones of the same type, owner and name. */
  rotated: fc.array(fc.nat(5), { maxLength: 2 }),
  owner: fc.record({ id: fc.constantFrom(...owners), active: fc.boolean(), isDeleted: rarely, idleDays: fc.nat(200) }),
  acknowledged: fc.record({ place: fc.nat(6), days: fc.nat(60) }),
  hasOtherSettings: rarely,
  refused: fc.constantFrom(/api-keys$/, oneTokenPath, scimPaths.all, ...Array<null>(8).fill(null)),
});
type Day = typeof day extends fc.Arbitrary<infer Value> ? Value : never;

/** Applies what happens between two audits. */
function live(bench: AuditBench, number: number, day: Day): void {
  const { elapsedMs, changes, rotated, owner, acknowledged, hasOtherSettings, refused } = day;
  bench.clock.advance(elapsedMs);
  const { tokens } = bench.omni.organisation;
  for (const [index, place] of rotated.entries()) {
    const [token] = tokens.splice(place % tokens.length, 1);
    const createdAt = bench.clock.now().toISOString();
    if (token !== undefined) tokens.push({ ...token, id: uuid(1000 + 2 * number + index), createdAt });
  }
  for (const { number, isListed, fields } of changes) {
    const at = tokens.findIndex(({ id }) => id === uuid(number));
    Object.assign(tokens[at] ?? {}, fields);
    if (isListed === false && at >= 0) tokens.splice(at, 1);
    if (isListed === true && at < 0) tokens.push({ ...someToken(number), ...fields });
  }
  const lastLogin = new Date(bench.clock.now().getTime() - owner.idleDays * msPerDay).toISOString();
  Object.assign(bench.people.ownerOf({ membershipId: owner.id }), { active: owner.active, lastLogin });
  bench.people[owner.isDeleted ? 'delete' : 'restore'](owner.id);
  const open = bench.rows('SELECT id FROM conditions WHERE resolved_run_id IS NULL')[acknowledged.place];
  if (open !== undefined) acknowledge(bench, String(open.id), acknowledged.days);
  bench.deps.judge = createJudge({ ...defaultRules, disabledAfterDays: hasOtherSettings ? 10 : 30 });
  bench.omni.intercept = undefined;
  if (refused !== null) inject(bench.omni, { at: refused, status: 403 });
}

/** Asserts that the events of a run say how it differs from the previous one, and say it once. */
function checkEvents({ rows, store }: AuditBench, runId: number, previousRunId: number): void {
  const journalled = `FROM findings WHERE run_id = ${runId} AND transition = 'event' AND subject_type = 'token'`;
  // A new client is an addition to the event that says how its token changed.
  const events = `${journalled} AND suppressed_by IS NULL AND kind <> 'mcp-client-new'`;
  const replaced = `SELECT detail ->> '$.replaced' AS id ${events} AND kind = 'token-rotated'`;
  const differing = rows(`SELECT DISTINCT token_id AS id FROM snapshots WHERE run_id IN (${previousRunId}, ${runId})
    GROUP BY token_id, name, type, enabled, created_at, membership_id HAVING count(*) = 1 ORDER BY id`);
  assert.deepEqual(rows(`SELECT DISTINCT subject AS id ${events} UNION ALL ${replaced} ORDER BY id`), differing);
  assert.deepEqual(rows(`SELECT kind ${events} GROUP BY kind, subject HAVING count(*) > 1`), []);
  const suppressed = rows(`SELECT subject AS id, kind ${journalled} AND suppressed_by IS NOT NULL ORDER BY id`);
  assert.deepEqual(suppressed, rows(`SELECT id, 'token-removed' AS kind FROM (${replaced}) ORDER BY id`));

  const clients = rows(`SELECT token_name AS name ${journalled} AND kind = 'mcp-client-new' ORDER BY name`);
  const names = (which: string): string => `SELECT name FROM snapshots WHERE type = 'mcp' AND run_id ${which}`;
  assert.deepEqual(clients, rows(`${names(`= ${runId}`)} EXCEPT ${names(`< ${runId}`)} ORDER BY name`));

  const difference = [...store.history.diff(previousRunId, runId)].filter(({ transition }) => transition === 'event');
  const summary = difference.map(({ kind, severity, subject: { id } }) => ({ kind, severity, id }));
  assert.deepEqual(summary, rows(`SELECT kind, severity, subject AS id ${events} ORDER BY subject, findings.id`));
}

/** Asserts what must hold for every complete run. */
function checkRun(bench: AuditBench, runId: number, previousRunId: number | null): void {
  const { rows } = bench;
  const found = `FROM findings WHERE run_id = ${runId} AND suppressed_by IS NULL`;
  if (previousRunId !== null) {
    checkEvents(bench, runId, previousRunId);
    assert.deepEqual(rows('SELECT id FROM acknowledgements WHERE reported_run_id IS NULL'), []);
  }
  const mails = rows(`SELECT id FROM messages WHERE run_id = ${runId} AND kind IN ('baseline', 'digest')`);
  assert.ok(mails.length === 1 || (mails.length === 0 && rows(`SELECT id ${found}`).length === 0));
  const active = 'SELECT condition_id FROM acknowledgements WHERE ended_at IS NULL';
  assert.deepEqual(rows(`SELECT kind ${found} AND condition_id IN (${active})`), []);
}

/** Asserts that an audit finds nothing if nothing has happened since the last one. */
async function checkQuiet(bench: AuditBench): Promise<void> {
  const { findings, openBySeverity } = await bench.completeAudit({ dryRun: true });
  assert.deepEqual([findings, openBySeverity], [noSeverityCounts(), bench.store.conditions.openBySeverity()]);
}

/** Replays the journal. No condition may open twice or change while it is not open, and the result must be what is open. */
function checkJournal({ rows }: AuditBench): void {
  const open = new Map<unknown, unknown>();
  const [known, heldBack] = [new Set<unknown>(), new Set<unknown>()];
  const transitions = rows("SELECT *, kind || subject AS what FROM findings WHERE transition <> 'event'");
  for (const { what, transition, severity, suppressed_by: suppressedBy } of transitions) {
    const isOpening = transition === 'opened' || transition === 'reopened';
    assert.equal(known.has(what), transition !== 'opened', `${what} ${transition}`);
    // A return that was suppressed is reported later.
    assert.ok(isOpening ? !open.has(what) || heldBack.has(what) : open.has(what), `${what} ${transition}`);
    known.add(what);
    if (transition !== 'eased') heldBack.delete(what);
    if (suppressedBy === 'flapping') heldBack.add(what);
    if (transition === 'resolved') open.delete(what);
    else open.set(what, severity);
  }
  const conditions = rows('SELECT kind || subject AS what, severity FROM conditions WHERE resolved_run_id IS NULL');
  assert.deepEqual(open, new Map(conditions.map(({ what, severity }) => [what, severity])));
}

test('whatever happens, each change is reported once, and the journal says what is open', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(day, { minLength: 2, maxLength: 8 }), async (days) => {
      await using bench = await startAuditBench(context, [someToken(99)]);
      let previousRunId: number | null = null;
      for (const [number, day] of days.entries()) {
        live(bench, number, day);
        const audit = await bench.audit();
        if (audit.status === 'failed') continue;
        checkRun(bench, audit.runId, previousRunId);
        await checkQuiet(bench);
        previousRunId = audit.runId;
      }
      checkJournal(bench);
      // No verdict was overlooked: judging every token again finds nothing new.
      bench.store.transactions.run((tx) => bench.store.snapshots.makeAllDue(tx));
      if (bench.omni.intercept === undefined) await checkQuiet(bench);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
