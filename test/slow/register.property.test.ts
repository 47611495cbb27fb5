import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SimulatedToken, SimulatedUser } from '../../src/demo/omni-simulator.ts';
import type { ReadRegister } from '../../src/store/register.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { someUser } from '../support/people.ts';
import { type Person, type RegisterFile, RegisterModel, type Row } from '../support/register-model.ts';
import { dueOn, someRow } from '../support/register-rows.ts';
import { someKey, someToken, uuid } from '../support/tokens.ts';

const owners = [901, 902, 903].map(uuid);
const people: Record<Person, Pick<SimulatedUser, 'userName' | 'displayName'>> = {
  Jane: { userName: 'jane@acme.example', displayName: 'Jane Doe' },
  Bob: { userName: 'bob.berg@acme.example', displayName: 'Bob Berg' },
  Carol: { userName: 'carol@acme.example', displayName: 'Carol Clark' },
};
const person = fc.constantFrom<Person>('Jane', 'Bob', 'Carol');

/** What a decider may write about itself. */
const styles: ((who: Person) => string)[] = [
  (who) => people[who].displayName,
  (who) => people[who].userName.toUpperCase(),
  (who) => `"${people[who].displayName}" <${people[who].userName}>`,
  (who) => `${people[who].displayName} <${who}@home.example>`,
  (who) => people[who].userName.replace(/@.*/, ''),
];
const decidedBy: fc.Arbitrary<Row['decidedBy']> = fc.oneof(
  fc.tuple(person, fc.constantFrom(...styles)).map(([who, style]) => ({ text: style(who), person: who })),
  fc.constantFrom(...owners).map((membershipId) => ({ text: membershipId, membershipId })),
  fc.constant({ text: 'Olga <mary.jane@acme.example>' }),
);
/** In most rows nothing is missing. */
const seldom = <Value>(value: Value, otherwise: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 7, arbitrary: otherwise });

interface DrawnRow extends Omit<Row, 'reviewEnds'> {
  ticket: string;
  /** Days from the day of the edit. */
  reviewIn: number | null;
}
const row: fc.Arbitrary<DrawnRow> = fc.record({
  responsible: seldom('', fc.constant('Ann')),
  decision: seldom(null, fc.constantFrom<Row['decision']>('keep', 'keep', 'revoke')),
  decidedOn: seldom<string | null>(null, fc.constant('2026-02-01')),
  decidedBy: seldom({ text: '' }, decidedBy),
  ticket: fc.constantFrom('OPS-12', 'OPS-13'),
  reviewIn: fc.option(fc.integer({ min: -35, max: 10 })),
});

/** The last of them is a token that never exists, and `newIds` are those of rotated tokens. */
const newIds = [11, 12, 13].map(uuid);
const ids = [...[1, 2, 3, 4].map(uuid), ...newIds, uuid(77)];
const rarely = fc.nat(7).map((number) => number === 7);
const listPath = /api-keys$/;
const elapsed = fc.oneof(
  fc.constant({ ms: 60_000 }),
  fc.integer({ min: 1, max: 12 * msPerDay }).map((ms) => ({ ms })),
  // To an instant at which the model expects something to get worse, or to shortly before it.
  fc.record({ threshold: fc.nat(2), msBefore: fc.constantFrom(0, 1) }),
);
const account = fc.record({ id: fc.constantFrom(...owners), is: person, isDeleted: rarely });
const token = fc.record({
  number: fc.integer({ min: 1, max: 4 }),
  becomes: fc.constantFrom('listed', 'listed', 'removed', 'rotated'),
  type: fc.constantFrom('organization', 'personal', 'mcp', 'service'),
  owner: fc.constantFrom(...owners),
});
const edit = fc.record({ id: fc.constantFrom(...ids), row: fc.option(row, { freq: 2 }) });
/** A day with up to so many changes of each sort. */
const dayOf = (maxLength: number) =>
  fc.record({
    elapsed,
    accounts: fc.array(account, { maxLength }),
    tokens: fc.array(token, { maxLength }),
    edits: fc.array(edit, { maxLength }),
    file: fc.constantFrom('not configured', 'broken', 'broken', ...Array<'read'>(9).fill('read')),
    refused: fc.constantFrom(listPath, scimPaths.all, ...Array<null>(8).fill(null)),
  });
/** Much happens on the first day, and little on the others, so that what was said has time to matter. */
const days = fc
  .tuple(dayOf(8), fc.array(dayOf(1), { minLength: 5, maxLength: 12 }))
  .map(([first, others]) => [first, ...others]);
type Day = ReturnType<typeof dayOf> extends fc.Arbitrary<infer Value> ? Value : never;

/** An organisation with a register, which two audits watch: one reads the register, and its twin has none. */
class Story {
  readonly bench: AuditBench;
  readonly twin: AuditBench;
  readonly model = new RegisterModel();
  readonly #accounts = new Map<string, Person | null>(owners.map((id) => [id, null]));
  readonly #rows = new Map<string, Row & { ticket: string; reviewBy: string | null }>();
  #tokens: SimulatedToken[] = [{ ...someKey(99) }];

  constructor(bench: AuditBench, twin: AuditBench) {
    this.bench = bench;
    this.twin = twin;
    for (const { people } of [bench, twin]) people.users = () => this.#users();
  }

  async live(day: Day): Promise<void> {
    this.#passTime(day.elapsed);
    for (const { id, is, isDeleted } of day.accounts) this.#accounts.set(id, isDeleted ? null : is);
    for (const change of day.tokens) this.#changeToken(change);
    for (const { id, row } of day.edits) this.#edit(id, row);
    for (const each of [this.bench, this.twin]) {
      const { tokens } = each.omni.organisation;
      tokens.splice(0, tokens.length, ...this.#tokens.map((token) => ({ ...token })));
      each.omni.intercept = undefined;
      if (day.refused !== null) inject(each.omni, { at: day.refused, status: 403 });
    }
    const file: RegisterFile = day.file === 'read' ? new Map(this.#rows) : day.file;
    this.bench.deps.readRegister = () => this.#asRead(file);
    const [audit, other] = await Promise.all([this.bench.audit(), this.twin.audit()]);
    assert.deepEqual([audit.status, audit.runId], [other.status, other.runId]);
    assert.equal(audit.status, day.refused === listPath ? 'failed' : 'complete');
    if (audit.status === 'failed') return;
    const [run] = this.bench.rows(`SELECT started_at AS at FROM runs WHERE id = ${audit.runId}`);
    const accounts = [...this.#accounts].filter((each): each is [string, Person] => each[1] !== null);
    this.model.see({
      run: audit.runId,
      at: new Date(String(run?.at)),
      file,
      tokens: this.#tokens,
      accounts: day.refused === null ? new Map(accounts) : null,
    });
  }

  #passTime(elapsed: Day['elapsed']): void {
    const now = this.bench.clock.now();
    let ms = 1000;
    if ('ms' in elapsed) ms = elapsed.ms;
    else {
      const thresholds = this.model.thresholds(now);
      const next = thresholds[elapsed.threshold % Math.max(1, thresholds.length)];
      if (next !== undefined) ms = Math.max(1, next - elapsed.msBefore - now.getTime());
    }
    for (const { clock } of [this.bench, this.twin]) clock.advance(now.getTime() + ms - clock.now().getTime());
  }

  #changeToken({ number, becomes, type, owner }: Day['tokens'][number]): void {
    const before = this.#tokens.find(({ id }) => id === uuid(number));
    if (becomes === 'removed' || becomes === 'rotated') this.#tokens = this.#tokens.filter((token) => token !== before);
    const fields = { type, membershipId: type === 'organization' ? null : owner };
    if (becomes === 'listed' && before === undefined) this.#tokens.push({ ...someToken(number, fields) });
    if (becomes === 'listed' && before !== undefined) Object.assign(before, fields);
    const id = newIds.find((each) => !this.#tokens.some((token) => token.id === each));
    if (becomes !== 'rotated' || before === undefined || id === undefined) return;
    this.#tokens.push({ ...before, id, createdAt: this.bench.clock.now().toISOString() });
  }

  #edit(id: string, drawn: DrawnRow | null): void {
    if (drawn === null) {
      this.#rows.delete(id);
      return;
    }
    const { reviewIn, ...row } = drawn;
    const day = new Date(this.bench.clock.now().getTime() + (reviewIn ?? 0) * msPerDay).toISOString().slice(0, 10);
    const reviewEnds = new Date(Date.parse(day) + msPerDay);
    this.#rows.set(id, { ...row, ...(reviewIn === null ? noReview : { reviewBy: day, reviewEnds }) });
  }

  #asRead(file: RegisterFile): ReadRegister {
    if (file === 'not configured') return { kind: 'none' };
    if (file === 'broken') return { kind: 'broken', problem: 'line 3: bad', hint: 'Correct it' };
    const read = [...this.#rows].map(([id, { decidedBy, reviewBy, reviewEnds: _, ...row }]) => {
      const review = reviewBy === null ? {} : dueOn(reviewBy);
      return [id, someRow({ ...row, decidedBy: decidedBy.text, ...review })] as const;
    });
    return { kind: 'read', rows: new Map(read) };
  }

  #users(): SimulatedUser[] {
    const known = [...this.#accounts].flatMap(([id, is], number) =>
      is === null ? [] : [someUser(id, number, people[is])],
    );
    return [...known, someUser(uuid(999), 999)];
  }
}

const noReview = { reviewBy: null, reviewEnds: null };
const registerKinds = "('token-unregistered', 'review-overdue', 'revocation-pending')";

/** Asserts that the conditions about the register are those of the model. */
function checkConditions({ bench, model }: Story): void {
  const recorded =
    bench.rows(`SELECT kind, subject, opened_run_id AS opened, resolved_run_id AS resolved, level, severity
                                 FROM conditions WHERE kind IN ${registerKinds} ORDER BY opened, subject, kind`);
  const inOrder = ({ opened, subject, kind }: { opened: number; subject: string; kind: string }): string =>
    `${String(opened).padStart(5, '0')} ${subject} ${kind}`;
  assert.deepEqual(
    recorded,
    model.intervals.toSorted((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1)),
  );
}

const asCreated: Record<string, string> = { medium: 'high', low: 'medium' };

/** Asserts that the register changes nothing else, except for new tokens that it approves and old ones that it revokes. */
function checkOthers({ bench, twin, model }: Story): void {
  const others = `SELECT run_id AS run, kind, transition, subject, severity, suppressed_by AS suppressedBy,
                         detail ->> '$.replaced' AS replaced
                    FROM findings WHERE kind NOT IN ${registerKinds} ORDER BY run, kind, subject, id`;
  const found = twin.rows(others);
  const noRotations = new Set<string>();
  for (const each of found) {
    const replaced = `${each.run} ${each.replaced}`;
    if (each.kind === 'token-rotated' && model.revoked.has(replaced)) {
      Object.assign(each, { kind: 'token-created', severity: asCreated[String(each.severity)], replaced: null });
      noRotations.add(replaced);
    }
    const isNew = each.kind === 'token-created' || each.kind === 'token-rotated';
    if (isNew && model.approved.has(`${each.run} ${each.subject}`)) each.severity = 'info';
  }
  for (const each of found) {
    if (each.kind === 'token-removed' && noRotations.has(`${each.run} ${each.subject}`)) each.suppressedBy = null;
  }
  const inOrder = (rows: Record<string, unknown>[]): string[] => rows.map((each) => JSON.stringify(each)).sort();
  assert.deepEqual(inOrder(bench.rows(others)), inOrder(found));
}

test('the register has the findings of a naive model, and lowers no other without a decision', async (context) => {
  await fc.assert(
    fc.asyncProperty(days, async (days) => {
      await using bench = await startAuditBench(context, []);
      await using twin = await startAuditBench(context, []);
      const story = new Story(bench, twin);
      for (const each of days) await story.live(each);
      checkConditions(story);
      checkOthers(story);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});
