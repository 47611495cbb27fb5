import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mailDomains } from '../../src/config/mail-domains.ts';
import type { SimulatedUser } from '../../src/demo/omni-simulator.ts';
import { createJudge } from '../../src/rules/judge.ts';
import type { UserList } from '../../src/rules/owner.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { defaultRules } from '../support/default-rules.ts';
import { inject, scimPaths } from '../support/omni-faults.ts';
import { someUser } from '../support/people.ts';
import { someToken, uuid } from '../support/tokens.ts';

/** A user name, and the domain that people understand; null if it is no address. */
type Address = [userName: string, domain: string | null];
const addresses: Address[] = [
  ['jane@acme.example', 'acme.example'],
  ['Jane@Acme.EXAMPLE', 'acme.example'],
  ['jane@bücher.example', 'bücher.example'],
  ['jane@xn--bcher-kva.example', 'bücher.example'],
  ['jane@eu.acme.example', 'eu.acme.example'],
  ['jane@evil.example', 'evil.example'],
  ['robot', null],
  ['', null],
];

/** A value of OWNER_DOMAINS, and the domains that people understand. null: it is not set. */
type Setting = { value: string; domains: string[] } | null;
const settings: Setting[] = [
  null,
  { value: 'acme.example', domains: ['acme.example'] },
  { value: 'ACME.example,acme.example', domains: ['acme.example'] },
  { value: 'bücher.example, acme.example', domains: ['acme.example', 'bücher.example'] },
  { value: 'evil.example', domains: ['evil.example'] },
];

interface Account {
  list: UserList;
  address: Address;
  active: boolean;
  isDeleted: boolean;
  /** No list shows it, but Omni finds it by id. */
  isHidden: boolean;
}
const somebody: Account = {
  list: 'regular',
  address: ['joe@acme.example', 'acme.example'],
  active: true,
  isDeleted: false,
  isHidden: false,
};

const owners = [901, 902, 903].map(uuid);
/** They always own a token and are always listed, so that each run needs both lists of users. */
const [colleague, customer] = [uuid(998), uuid(999)];

const listPath = /api-keys$/;
const rarely = fc.nat(7).map((number) => number === 7);
const day = fc.record({
  elapsedMs: fc.oneof(fc.constant(60_000), fc.integer({ min: 1, max: 3 * msPerDay })),
  moves: fc.array(
    fc.record({
      id: fc.constantFrom(...owners),
      account: fc.record<Account>({
        list: fc.constantFrom('regular', 'embed'),
        address: fc.constantFrom(...addresses),
        active: fc.boolean(),
        isDeleted: rarely,
        isHidden: rarely,
      }),
    }),
    { maxLength: 3 },
  ),
  tokens: fc.array(fc.record({ number: fc.nat(3), isListed: fc.boolean() }), { maxLength: 3 }),
  /** undefined: it stays as it is. */
  newSetting: fc.constantFrom(...settings, ...Array<undefined>(2 * settings.length)),
  ownerIdleDays: fc.constantFrom(30, 90),
  refused: fc.constantFrom(listPath, ...Object.values(scimPaths), ...Array<null>(7).fill(null)),
});
type Day = typeof day extends fc.Arbitrary<infer Value> ? Value : never;

interface Interval {
  subject: string;
  opened: number;
  resolved: number | null;
  level: number;
}

interface ExpectedTransition {
  level: number;
  /** The setting differs from the one with which owners were last judged. */
  hasNewSetting: boolean;
  /** With the former setting nothing would have changed. */
  isDueToSetting: boolean;
}

/** An organisation, and what each run should record about it: a naive model that judges every account in every run. */
class Model {
  readonly accounts = new Map<string, Account>([...owners, colleague].map((id) => [id, somebody]));
  /** The owner of each token, by the number of the token. */
  readonly holders = new Map([
    [98, colleague],
    [99, customer],
  ]);
  setting: Setting = null;
  readonly intervals: Interval[] = [];
  /** By run and account. */
  readonly transitions = new Map<string, ExpectedTransition>();
  #judgedWith: Setting | undefined;

  constructor() {
    this.accounts.set(customer, { ...somebody, list: 'embed' });
  }

  users(): SimulatedUser[] {
    const embed = { entity: 'shop', externalId: 'customer' };
    return [...this.accounts]
      .filter(([, { isDeleted }]) => !isDeleted)
      .map(([id, { list, address, active, isHidden }], number) => {
        const user = someUser(id, number, { userName: address[0], active, isHidden });
        return list === 'embed' ? { ...user, embed } : user;
      });
  }

  /** Judges all accounts after a run that could read the users. */
  judgeAll(run: number): void {
    for (const id of this.accounts.keys()) this.#judge(id, run);
    this.#judgedWith = this.setting;
  }

  #judge(id: string, run: number): void {
    const open = this.intervals.find(({ subject, resolved }) => subject === id && resolved === null);
    const before = open?.level ?? 0;
    const level = this.#levelOf(id, this.setting, before);
    if (level === before) return;
    const hasNewSetting =
      this.#judgedWith !== undefined && String(this.#judgedWith?.domains) !== String(this.setting?.domains);
    const isDueToSetting = hasNewSetting && this.#levelOf(id, this.#judgedWith ?? null, before) === before;
    this.transitions.set(`${run} ${id}`, { level, hasNewSetting, isDueToSetting });
    if (level === 0 && open !== undefined) open.resolved = run;
    else if (open !== undefined) open.level = level;
    else this.intervals.push({ subject: id, opened: run, resolved: null, level });
  }

  /** Returns 0 for an account that is not external or holds nothing. What cannot be decided stays as it was. */
  #levelOf(id: string, setting: Setting, before: number): number {
    const { list, address, isDeleted } = this.accounts.get(id) ?? assert.fail(id);
    const [, domain] = address;
    if (isDeleted || ![...this.holders.values()].includes(id)) return 0;
    if (list === 'embed') return 2;
    if (setting === null) return 0;
    if (domain === null) return before;
    return setting.domains.includes(domain) ? 0 : 1;
  }
}

/** Applies what happens between two audits, and runs the next one. */
async function live(bench: AuditBench, model: Model, day: Day): Promise<void> {
  const { elapsedMs, moves, tokens, newSetting = model.setting, ownerIdleDays, refused } = day;
  bench.clock.advance(elapsedMs);
  for (const { id, account } of moves) model.accounts.set(id, account);
  for (const { number, isListed } of tokens) {
    if (isListed) model.holders.set(number, owners[number % owners.length] ?? assert.fail());
    else model.holders.delete(number);
  }
  const held = [...model.holders].map(([number, membershipId]) => ({ ...someToken(number, { membershipId }) }));
  const listed = bench.omni.organisation.tokens;
  listed.splice(0, listed.length, ...held);
  model.setting = newSetting;
  const ownerDomains = newSetting === null ? null : mailDomains.parse(newSetting.value);
  bench.deps.judge = createJudge({ ...defaultRules, ownerIdleDays, ownerDomains });
  bench.omni.intercept = undefined;
  if (refused !== null) inject(bench.omni, { at: refused, status: 403 });
  const audit = await bench.audit();
  assert.equal(audit.status, refused === listPath ? 'failed' : 'complete');
  if (audit.status === 'complete' && refused === null) model.judgeAll(audit.runId);
}

/** What a finding at each level says. A resolution is level 0. */
const sayings = [
  { reason: null, severity: 'info' },
  { reason: 'domain', severity: 'medium' },
  { reason: 'embed', severity: 'high' },
];

/** Compares the intervals and the journal with the model. */
function check({ rows }: AuditBench, { intervals, transitions }: Model): void {
  const recorded = rows(`SELECT subject, opened_run_id AS opened, resolved_run_id AS resolved, level
                           FROM conditions WHERE kind = 'owner-external' ORDER BY opened, subject`);
  const byRun = (a: Interval, b: Interval): number => a.opened - b.opened || (a.subject < b.subject ? -1 : 1);
  assert.deepEqual(recorded, intervals.toSorted(byRun));

  const left = new Map(transitions);
  const journal = rows("SELECT *, detail ->> '$.reason' AS reason FROM findings WHERE kind = 'owner-external'");
  for (const { run_id: run, subject, transition, severity, suppressed_by: suppressedBy, reason } of journal) {
    const key = `${run} ${subject}`;
    const expected = left.get(key);
    left.delete(key);
    if (expected === undefined) {
      // It returned within a day of its last report, so that this is reported later.
      assert.deepEqual([transition, suppressedBy], ['reopened', null], key);
      continue;
    }
    const { level, hasNewSetting, isDueToSetting } = expected;
    assert.deepEqual({ reason, severity }, sayings[level], key);
    if (isDueToSetting) assert.equal(suppressedBy, 'settings-changed', key);
    if (!hasNewSetting) assert.notEqual(suppressedBy, 'settings-changed', key);
    if (!hasNewSetting && (transition === 'opened' || transition === 'escalated'))
      assert.equal(suppressedBy, null, key);
  }
  assert.deepEqual(left, new Map());
}

test('accounts are external exactly while a naive model says so, and a changed setting alone is not reported', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(day, { minLength: 5, maxLength: 12 }), async (days) => {
      await using bench = await startAuditBench(context, []);
      const model = new Model();
      bench.people.users = () => model.users();
      for (const each of days) await live(bench, model, each);
      check(bench, model);
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
