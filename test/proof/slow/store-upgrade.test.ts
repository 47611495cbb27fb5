import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { execute } from '../../support/database-rows.ts';
import { createUnattended } from '../../support/unattended.ts';
import type { World } from '../../support/world.ts';
import { makeToken, manyTokens } from '../../support/world-tokens.ts';
import { assertInGoodOrder, complaint, runChild } from '../support/store-child.ts';
import { assertSound, changeEverything, newsIn } from '../support/store-ledger.ts';
import { makeOlder, newestSchema, olderSchemas, readAll } from '../support/store-older.ts';
import { isFull, tally } from '../support/tally.ts';

const old = ['organization', 'personal', 'mcp'].map((type) => ({ type, hours: 4400 }));

/** Two audits, an acknowledgement and a new field: something in every table. */
async function createHistory(): Promise<World> {
  const tokens = [...manyTokens(8), ...old.map(({ type, hours }) => makeToken(hours, { type }))];
  const { world, audit, auditAfter } = await createUnattended({ tokens });
  await audit();
  changeEverything(world);
  await auditAfter(10);
  const [finding] = (await world.look('findings', '--open')) as { id: number }[];
  const acked = await world.run(['ack', String(finding?.id), '--reason', 'known', '--by', 'Jane']);
  if (acked.code !== 0) await world[Symbol.asyncDispose]();
  assert.equal(acked.code, 0, acked.stderr);
  execute(world.databasePath, "INSERT INTO record_fields VALUES ('expiresAt', 2)");
  world.inbox.mails.length = 0;
  return world;
}

/** The rows of before are still there, with all that was in them but what an audit goes on writing. */
function assertKept(before: ReturnType<typeof readAll>, after: ReturnType<typeof readAll>): void {
  const goesOn = ['last_run_id', 'told_run_id', 'resolved_run_id', 'resolved_reason'];
  for (const [table, rows] of Object.entries(before)) {
    const left = new Set((after[table] ?? []).map((row) => pick(row, rows)));
    for (const row of rows) assert.ok(left.has(pick(row, rows)), `${table}: ${JSON.stringify(row)}`);
  }

  function pick(row: Record<string, unknown>, [model = {}]: Record<string, unknown>[]): string {
    return JSON.stringify(Object.keys(model).map((name) => (goesOn.includes(name) ? null : row[name])));
  }
}

/** Without what is dropped once every reader has a mail: its HTML and its files. */
function lasting(tables: ReturnType<typeof readAll>): ReturnType<typeof readAll> {
  const waiting = new Set(
    tables.deliveries?.filter(({ status }) => status === 'pending' || status === 'parked').map((row) => row.message_id),
  );
  const messages = tables.messages?.map(({ body_html: html, ...row }) =>
    waiting.has(row.id) ? { ...row, body_html: html } : row,
  );
  const attachments = tables.attachments?.filter((row) => waiting.has(row.message_id));
  return { ...tables, ...(messages && { messages }), ...(attachments && { attachments }) };
}

for (const version of olderSchemas) {
  describe(`a database of schema ${version}`, { concurrency: 2 }, () => {
    test('is upgraded by an audit, which keeps all history and tells the changes since and nothing else', async () => {
      await using world = await createHistory();
      makeOlder(world, version);
      const path = world.env.DATABASE_PATH ?? '';
      const before = readAll(path);
      const filled = Object.entries(before).filter(([, rows]) => rows.length > 0);
      // The first version could not write acknowledgements yet: its table for them is made anew.
      const madeAnew = version === 1 ? ['acknowledgements'] : [];
      assert.equal(filled.length, Object.keys(before).length);
      const whole = readFileSync(path);
      const news = changeEverything(world);
      const outcome = await runChild(world, ['audit', '--format', 'json']);
      tally.audits += 1;
      assertInGoodOrder(outcome, [0]);
      assert.equal(JSON.parse(outcome.stdout).isBaseline, false);
      assert.deepEqual(await newsIn(world.inbox.mails), news);
      assert.equal(world.inbox.mails.length, 1);
      assertSound(world, path);
      const after = readAll(path);
      assertKept(
        Object.fromEntries(Object.entries(lasting(before)).filter(([table]) => !madeAnew.includes(table))),
        after,
      );
      const copy = `${path}.schema-${version}.bak`;
      assert.deepEqual(readAll(copy), before);
      assert.ok(readFileSync(copy).length <= whole.length);

      world.inbox.mails.length = 0;
      assertInGoodOrder(await runChild(world, ['audit']), [0]);
      assert.deepEqual(world.inbox.mails, []);
    });

    test('stays as it is where there is no room for its copy, and is upgraded once there is', {
      // The copy is made alike whatever the version.
      skip: !isFull && version < newestSchema - 1 && 'in the full proof only',
    }, async () => {
      await using world = await createHistory();
      makeOlder(world, version);
      const path = world.env.DATABASE_PATH ?? '';
      const before = readAll(path);
      const news = changeEverything(world);
      // Room for the log of the database, and not for a whole copy.
      const outcome = await runChild(world, ['audit'], { fileBlocks: 128 });
      tally.faults += 1;
      assertInGoodOrder(outcome, [1, 2]);
      assert.match(complaint(outcome), /schema-\d\.db/);
      assert.match(complaint(outcome).replaceAll('disk I/O error', ''), /disk|room|full/);
      assert.deepEqual(readAll(path), before);
      assert.ok(!existsSync(`${path}.schema-${version}.bak`) && !existsSync(`${path}.schema-${version}.bak.partial`));
      assertInGoodOrder(await runChild(world, ['audit']), [0]);
      tally.audits += 1;
      assert.deepEqual(await newsIn(world.inbox.mails), news);
    });
  });
}

test('the copy that an upgrade made is taken up again by the version that reads it', async () => {
  await using world = await createHistory();
  makeOlder(world, newestSchema - 1);
  const path = world.env.DATABASE_PATH ?? '';
  const news = changeEverything(world);
  assertInGoodOrder(await runChild(world, ['audit']), [0]);
  copyFileSync(`${path}.schema-${newestSchema - 1}.bak`, path);
  world.inbox.mails.length = 0;
  assertInGoodOrder(await runChild(world, ['audit']), [0]);
  tally.audits += 2;
  assert.deepEqual(await newsIn(world.inbox.mails), news);
  assertSound(world, path);
});
