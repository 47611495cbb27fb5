import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { rolesOn } from '../../src/demo/simulated-roles.ts';
import { baseRoles } from '../../src/rules/role.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { modelRolesPath } from '../support/omni-faults.ts';
import { range } from '../support/range.ts';
import { someToken, someTokens } from '../support/tokens.ts';

const ownerCount = 2000;
const requestsPerMinute = 60;
const days = 10;
/** How long Omni takes for an answer. */
const latencyMs = 400;
const stepMs = 1000;

/** Returns a clock that passes during sleeps. Timers, such as the limit for roles, pass with it. */
function passingClock(context: TestContext): FakeClock & { pass(ms: number): void } {
  const clock = createFakeClock();
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const pass = (ms: number): void => {
    clock.advance(ms);
    context.mock.timers.tick(ms);
  };
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    await setImmediate();
    // In short steps, because a timer may abort the sleep long before its end.
    for (let leftMs = ms; leftMs > 0 && !signal.aborted; leftMs -= stepMs) pass(Math.min(leftMs, stepMs));
  };
  return Object.assign(clock, { pass, sleep });
}

function roleOfOwner(number: number): string {
  return baseRoles[number % baseRoles.length] ?? assert.fail();
}

function setRole({ people }: AuditBench, number: number): void {
  people.ownerOf(someToken(number)).roles = rolesOn(['connection'], roleOfOwner(number));
}

test('the roles of 2,000 owners are at most a week old, and no audit takes five minutes longer', async (context) => {
  const numbers = range(1, ownerCount);
  await using bench = await startAuditBench(context, someTokens(ownerCount));
  for (const number of numbers) setRole(bench, number);
  const clock = passingClock(context);
  bench.omni.now = () => clock.now().getTime();
  bench.omni.intercept = () => {
    clock.pass(latencyMs);
    return false;
  };

  /** Runs an audit. Returns its minutes, and how many owners it asked about. */
  async function measure(dryRun: boolean, store: AuditBench['store']): Promise<{ minutes: number; asked: number }> {
    const omni = someOmniApi(bench.omni.baseUrl, { clock, requestsPerMinute });
    bench.deps = { clock, omni, requestsPerMinute, store, deadlineMs: msPerDay };
    bench.omni.requests.length = 0;
    const startMs = clock.monotonicMs();
    const { ownersKnown } = await bench.completeAudit({ dryRun });
    assert.ok(ownersKnown);
    const asked = bench.omni.requests.filter(({ path }) => modelRolesPath.test(path)).length;
    return { minutes: (clock.monotonicMs() - startMs) / 60_000, asked };
  }

  const { store } = bench;
  const withoutRoles = { ...store, roles: { ...store.roles, toAsk: () => [] } };
  const measured: { extra: number; asked: number; oldest: number }[] = [];
  for (let day = 1; day <= days; day += 1) {
    clock.pass(msPerDay - (clock.monotonicMs() % msPerDay));
    // The baseline is on day 1, when all tokens are new.
    const newest = ownerCount + day - 1;
    if (day > 1) bench.omni.organisation.tokens.push({ ...someToken(newest) });
    setRole(bench, newest);

    const without = await measure(true, withoutRoles);
    const { minutes, asked } = await measure(false, store);
    const ages = range(1, newest).map((number) => {
      const role = store.owners.lastKnown(someToken(number).membershipId)?.role;
      if (!role) return null;
      assert.equal(role.baseRole, roleOfOwner(number));
      return Math.floor((clock.now().getTime() - Date.parse(role.asOf)) / msPerDay);
    });
    const known = ages.filter((age) => age !== null);
    const oldest = Math.max(...known);
    const extra = minutes - without.minutes;
    measured.push({ extra, asked, oldest });
    assert.ok(without.asked === 0 && asked > 0);
    assert.ok(extra < 5, `day ${day} took ${extra} minutes longer`);
    if (day > 1) assert.equal(ages.at(-1), 0, `the new owner of day ${day} is unknown`);
    if (day >= 8) assert.equal(known.length, newest, `unknown roles on day ${day}`);
    assert.ok(oldest <= 7, `a role is ${oldest} days old on day ${day}`);
  }
  const most = (key: keyof (typeof measured)[number]) => Math.max(...measured.map((day) => day[key]));
  context.diagnostic(
    `at most ${most('extra').toFixed(2)} minutes longer, ${most('asked')} requests for roles, ${most('oldest')} days old`,
  );
});
