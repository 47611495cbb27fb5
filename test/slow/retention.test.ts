import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minutesPerDay } from '../support/spans.ts';
import { createUnattended } from '../support/unattended.ts';

test('what is older than RETENTION_DAYS is refused with the reason, and the rest is listed as it was', async () => {
  await using unattended = await createUnattended({ env: { RETENTION_DAYS: '90' } });
  const { world } = unattended;
  for (let month = 1; month <= 5; month += 1) {
    const [token] = world.tokens;
    assert.ok(token);
    token.name = `name of month ${month}`;
    await unattended.auditAfter(30 * minutesPerDay);
  }
  for (const command of ['tokens', 'findings', 'preview']) {
    const { code, stderr } = await world.run([command, '--run', '1']);
    assert.equal(code, 2, command);
    assert.match(stderr, /--run 1: its history is older than RETENTION_DAYS and was pruned/);
    assert.match(stderr, /oldest complete snapshot is that of run 2, \d{4}-/);
  }
  const asOfRun2 = await world.look('tokens', '--run', '2');
  assert.ok(asOfRun2.some(({ name }: { name: string }) => name === 'name of month 2'));
  const status = await world.look('status');
  assert.equal(status.oldestSnapshot.runId, 2);
  assert.match((await world.run(['status'])).stdout, /history +back to run 2, \d{4}-/);
});
