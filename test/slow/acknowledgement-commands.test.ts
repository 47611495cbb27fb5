import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execute } from '../support/database-rows.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import type { World } from '../support/world.ts';
import { makeToken, tokenAt } from '../support/world-tokens.ts';

/** As if the last day of what was accepted were over since a minute ago, and no audit had run since. */
function endLastDay({ databasePath }: World): void {
  const over = new Date(Date.now() - 60_000).toISOString();
  execute(databasePath, 'UPDATE acknowledgements SET expires_on = ?, expires_at = ?', over.slice(0, 10), over);
}

test('an acknowledgement whose last day is over cannot be taken back, and can be given anew before any audit', async () => {
  await using world = await createWatchedWorld({ tokens: [makeToken(24 * 200), makeToken(1)] });
  const { id } = tokenAt(world, 0);
  const ack = (reason: string) => world.run(['ack', id, '--reason', reason, '--by', 'Ann']);
  assert.equal((await ack('the first reason')).code, 0);
  endLastDay(world);
  assert.equal((await world.look('findings', '--open'))[0].state, 'open');

  const unack = await world.run(['unack', id, '--by', 'Bob']);
  assert.deepEqual([unack.code, unack.stdout], [2, '']);
  assert.match(unack.stderr, /nothing is acknowledged for/);

  const again = await ack('the second reason');
  assert.deepEqual([again.code, again.stderr], [0, '']);
  const [finding] = await world.look('findings', '--open');
  assert.deepEqual([finding.state, finding.acknowledgement.reason], ['acknowledged', 'the second reason']);

  await world.audit();
  const text = String((await world.lastMail()).text).replaceAll(/\s+/g, ' ');
  assert.match(text, /the first reason/);
  assert.match(text, /the second reason/);
  assert.match(text, /expired, since its last day is over/i);
});
