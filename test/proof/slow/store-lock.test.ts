import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import BetterSqlite3 from 'better-sqlite3';
import { readColumn } from '../../support/database-rows.ts';
import { createWatchedWorld } from '../../support/unattended.ts';
import { holdNextRequest } from '../../support/world.ts';
import { assertInGoodOrder, runChild } from '../support/store-child.ts';
import { assertSound, changeEverything, newsIn } from '../support/store-ledger.ts';
import { isFull, tally } from '../support/tally.ts';

const tellBegin = fileURLToPath(new URL('../support/store-tell-begin.ts', import.meta.url));

describe('an audit', () => {
  test('waits for another connection that writes when it wants to commit, and loses nothing', async () => {
    await using world = await createWatchedWorld();
    for (let round = 0; round < (isFull ? 20 : 2); round += 1) {
      const news = changeEverything(world, `made in round ${round}`);
      world.inbox.mails.length = 0;
      const wantsToCommit = Promise.withResolvers<void>();
      let isHeld = false;
      const request = holdNextRequest(world.omni);
      const ended = runChild(world, ['audit', '--format', 'json'], {
        // Read when SQLite is loaded, which happens earlier here than in the program alone.
        env: { NODE_OPTIONS: `--import ${tellBegin}`, SQLITE_TMPDIR: world.folder },
        onStderr(text) {
          if (isHeld && text.includes('begins a write transaction')) wantsToCommit.resolve();
        },
      });
      await request.reached;
      using other = new Held(world.databasePath);
      isHeld = true;
      request.release();
      await wantsToCommit.promise;
      tally.faults += 1;
      assert.deepEqual(readColumn(world.databasePath, "SELECT count(*) FROM runs WHERE status = 'running'"), [1]);
      assert.deepEqual(world.inbox.mails, []);
      other.commit();
      const outcome = await ended;
      tally.audits += 1;
      assertInGoodOrder(outcome, [0]);
      assert.deepEqual(await newsIn(world.inbox.mails), news);
      assert.equal(world.inbox.mails.length, 1);
      assert.deepEqual(readColumn(world.databasePath, "SELECT id FROM runs WHERE status <> 'complete'"), []);
      assertSound(world);
    }
  });
});

/** A write transaction of another connection. */
class Held implements Disposable {
  readonly #db: BetterSqlite3.Database;

  constructor(path: string) {
    this.#db = new BetterSqlite3(path);
    this.#db.exec('BEGIN IMMEDIATE; UPDATE deliveries SET last_error = last_error');
  }

  commit(): void {
    this.#db.exec('COMMIT');
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
