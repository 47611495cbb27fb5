import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execute, readTables } from '../support/database-rows.ts';
import { noAbort } from '../support/no-abort.ts';
import { createUnattended } from '../support/unattended.ts';

test('a test mail is written for all recipients or for none', async () => {
  await using unattended = await createUnattended({ env: { MAIL_TO: 'a@acme.example, b@acme.example' } });
  const { app, world } = unattended;
  await app.sendTest(noAbort);
  assert.equal(world.inbox.mails.length, 2);
  execute(
    world.databasePath,
    `CREATE TRIGGER refuse BEFORE INSERT ON deliveries WHEN new.recipient = 'b@acme.example'
     BEGIN SELECT RAISE(ABORT, 'no room'); END`,
  );
  const before = readTables(world.databasePath);
  await assert.rejects(app.sendTest(noAbort), /no room/);
  assert.deepEqual(readTables(world.databasePath), before);
});
