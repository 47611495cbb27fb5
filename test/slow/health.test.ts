import assert from 'node:assert/strict';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { closedPort } from '../support/listen.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';

const msPerHour = 3_600_000;

async function health(world: World, ...args: string[]): Promise<{ code: number | null; says: string }> {
  const { code, stdout } = await world.run(['healthcheck', ...args]);
  return { code, says: stdout };
}

function change(world: World, sql: string, ...values: string[]): void {
  const db = new BetterSqlite3(world.databasePath);
  db.prepare(sql).run(...values);
  db.close();
}

function hoursAgo(hours: number): string {
  return new Date(Date.now() - hours * msPerHour).toISOString();
}

describe('healthcheck', { concurrency: 2 }, () => {
  test('is healthy after an audit, and needs nothing but the database', async () => {
    await using world = await createWatchedWorld();
    assert.deepEqual(await health(world), { code: 0, says: 'healthy\n' });
    const bare = await world.run(['healthcheck'], {
      env: { OMNI_BASE_URL: undefined, OMNI_API_TOKEN: undefined, SMTP_HOST: undefined, MAIL_TO: undefined },
    });
    assert.equal(bare.code, 0, bare.stderr);
  });

  test('is not healthy when the audits stopped, with the reason', async () => {
    await using world = await createWatchedWorld();
    change(world, 'UPDATE runs SET started_at = ?', hoursAgo(27));
    const { code, says } = await health(world);
    assert.equal(code, 1);
    assert.match(says, /^unhealthy: no audit has completed since .*; one was due at .*\n$/);
  });

  test('leaves an audit deadline and tolerance, as they are set', async () => {
    await using world = await createWatchedWorld();
    change(world, 'UPDATE runs SET started_at = ?', hoursAgo(3));
    const hourly = { AUDIT_CRON: '0 * * * *' };
    assert.equal((await world.run(['healthcheck'], { env: { ...hourly, AUDIT_OVERDUE_MINUTES: '180' } })).code, 0);
    const strict = { ...hourly, AUDIT_DEADLINE_MINUTES: '1', AUDIT_OVERDUE_MINUTES: '1' };
    assert.equal((await world.run(['healthcheck'], { env: strict })).code, 1);
  });

  test('gives a fresh database its time, which a restart does not renew', async () => {
    await using world = await createWorld({ env: { OMNI_API_TOKEN: 'revoked' } });
    await world.run(['audit']);
    assert.equal((await health(world)).code, 0);
    change(world, 'UPDATE migrations SET applied_at = ?', hoursAgo(3));
    const worker = startWorker(world);
    await worker.line('worker started');
    await worker.line('next audit');
    await worker.stop();
    const { code, says } = await health(world);
    assert.equal(code, 1);
    assert.match(says, /^unhealthy: no audit has ever completed, and the database has existed since /);
  });

  test('is not healthy without a database, and makes none', async () => {
    await using world = await createWorld();
    const { code, says } = await health(world);
    assert.equal(code, 1);
    assert.match(says, /^unhealthy: there is no database at /);
    assert.equal(existsSync(world.databasePath), false);
  });

  test('is not healthy when mail has waited for more than an hour, and is while it waits for less', async () => {
    await using world = await createWorld({ env: { SMTP_PORT: String(await closedPort()) } });
    await world.audit(3);
    assert.equal((await health(world)).code, 0);
    change(world, 'UPDATE messages SET created_at = ?', hoursAgo(1.1));
    const { code, says } = await health(world);
    assert.equal(code, 1);
    assert.match(says, /^unhealthy: mail has been waiting since .*; run `mail` to see why\n$/);
  });

  test('is not healthy when a delivery is parked, and prints every reason', async () => {
    await using world = await createWatchedWorld();
    change(world, "UPDATE deliveries SET status = 'parked', sent_at = NULL");
    change(world, 'UPDATE runs SET started_at = ?', hoursAgo(50));
    const { code, says } = await health(world);
    assert.equal(code, 1);
    assert.equal(says.trimEnd().split('\n').length, 2);
    assert.match(says, /unhealthy: 1 delivery is parked; run `mail` to see why/);
  });

  test('is not healthy with a file that is no database', async () => {
    await using world = await createWorld();
    writeFileSync(world.databasePath, 'certainly not a database '.repeat(100));
    assert.equal((await health(world)).code, 1);
  });

  test('tells a wrong configuration apart', async () => {
    await using world = await createWatchedWorld();
    assert.equal((await world.run(['healthcheck'], { env: { AUDIT_CRON: 'sometimes' } })).code, 2);
  });
});

describe('healthcheck --live', { concurrency: 2 }, () => {
  test('asks only that a worker runs: failing audits and waiting mail are not its affair', async () => {
    await using world = await createWorld({
      env: { OMNI_API_TOKEN: 'revoked', SMTP_PORT: String(await closedPort()) },
    });
    const worker = startWorker(world);
    await worker.line('next audit');
    change(world, 'UPDATE migrations SET applied_at = ?', hoursAgo(30));
    assert.equal((await health(world)).code, 1);
    assert.deepEqual(await health(world, '--live'), { code: 0, says: 'healthy\n' });
    await worker.stop();
  });

  test('is not healthy when the worker gave liveness file for two minutes', async () => {
    await using world = await createWatchedWorld();
    assert.equal((await health(world, '--live')).code, 1);
    writeFileSync(`${world.databasePath}.worker`, '');
    assert.equal((await health(world, '--live')).code, 0);
    const before = new Date(Date.now() - 121_000);
    utimesSync(`${world.databasePath}.worker`, before, before);
    const { code, says } = await health(world, '--live');
    assert.equal(code, 1);
    assert.match(says, /liveness file/);
  });

  test('is not healthy when the database cannot be opened', async () => {
    await using world = await createWorld();
    writeFileSync(`${world.databasePath}.worker`, '');
    assert.equal((await health(world, '--live')).code, 1);
  });
});
