import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { type Answer, ask } from '../support/ask.ts';
import { execute } from '../support/database-rows.ts';
import { hoursPerDay } from '../support/spans.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import type { World } from '../support/world.ts';
import { makeToken, tokenAt } from '../support/world-tokens.ts';

describe('ack and unack', () => {
  let world: World;
  let id: string;
  const reason = ['--reason', 'the yearly report', '--by', 'Ann Archer'];
  const acknowledge = (...line: string[]): Promise<Answer> => ask(world, ['ack', ...line]);
  const acknowledged = async (): Promise<{ acknowledgement: { reason: string; by: string } }[]> =>
    (await ask(world, ['findings', '--acknowledged', '--format', 'json'])).json();
  before(async () => {
    world = await createWatchedWorld({
      tokens: ['1', '2'].map((last) =>
        makeToken(200 * hoursPerDay, { id: `feedbeef-0000-4000-8000-00000000000${last}` }),
      ),
    });
    id = tokenAt(world, 0).id;
  });
  after(() => world[Symbol.asyncDispose]());

  const day = (days: number): string => new Date(Date.now() + days * msPerDay).toISOString().slice(0, 10);
  const mistakes: [what: string, line: string[], message: RegExp][] = [
    ['without a reason', ['--by', 'Ann'], /--reason is missing/],
    ['with a blank reason', ['--by', 'Ann', '--reason', ' '], /--reason is missing/],
    ['without a name', ['--reason', 'known'], /--by is missing/],
    ['with a reason that is too long', ['--by', 'Ann', '--reason', 'x'.repeat(501)], /--reason is too long \(501 char/],
    ['until a past day', [...reason, '--until', '2020-02-29'], /2020-02-29: this day is in the past; today is/],
    ['until a day that does not exist', [...reason, '--until', '2027-02-30'], /"2027-02-30": there is no such day/],
    ['until a word', [...reason, '--until', 'tomorrow'], /--until "tomorrow": use the form YYYY-MM-DD/],
    ['for too long', [...reason, '--until', day(500)], /lasts at most 400 days; use \d{4}-\d\d-\d\d or earlier\n/],
  ];
  for (const [what, line, message] of mistakes) {
    test(`are refused ${what}`, async () => {
      const { code, stderr } = await acknowledge(id, ...line);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.deepEqual(await acknowledged(), []);
    });
  }

  test('are refused for an unknown or ambiguous id, and for a finding that is not acknowledged', async () => {
    const unknown = await acknowledge(randomUUID(), ...reason);
    assert.match(unknown.stderr, /no open finding has this id.*\n {2}Run `omni-token-audit findings --open`/);
    assert.match((await acknowledge('feed', ...reason)).stderr, /"feed": no open finding/);
    assert.match((await acknowledge('feedbeef', ...reason)).stderr, /"feedbeef" matches several/);
    const revoke = await ask(world, ['unack', id, '--by', 'Bob']);
    assert.deepEqual([revoke.code, revoke.stdout], [2, '']);
    assert.match(revoke.stderr, /has no acknowledged findings\n/);
  });

  test('accept a finding once, and revoke it', async () => {
    const accepted = await acknowledge(id.toUpperCase(), ...reason);
    const what = `1 token-stale \\(medium, Stale token\\) of token ${id}`;
    assert.match(accepted.stdout, new RegExp(`^Acknowledged until ${day(90)}: ${what}\n`));
    const [finding] = await acknowledged();
    assert.deepEqual(
      [finding?.acknowledgement.reason, finding?.acknowledgement.by],
      reason.filter((_, i) => i % 2 === 1),
    );
    assert.match(
      (await acknowledge(id, ...reason)).stderr,
      /is already acknowledged until .*\n {2}Run `omni-token-audit unack` with this id first/,
    );
    const revoke = await ask(world, ['unack', id, '--by', 'Bob']);
    assert.match(revoke.stdout, /^No longer acknowledged: 1 token-stale \(medium\) of token /);
    assert.deepEqual(await acknowledged(), []);
  });

  test('treat an acknowledgement whose last day is over as expired, even before the next audit', async () => {
    assert.equal((await acknowledge(id, ...reason)).code, 0);
    const over = new Date(Date.now() - 60_000).toISOString();
    execute(world.databasePath, 'UPDATE acknowledgements SET expires_on = ?, expires_at = ?', over.slice(0, 10), over);
    assert.equal((await ask(world, ['unack', id, '--by', 'Bob'])).code, 2);
    // Names the finding by its number.
    assert.equal((await acknowledge('1', ...reason)).code, 0);
    assert.equal((await acknowledged()).length, 1);
  });
});
