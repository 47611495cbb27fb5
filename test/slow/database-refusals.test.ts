import assert from 'node:assert/strict';
import { chmodSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, holdNextRequest, type RunOptions, type World } from '../support/world.ts';

// These tests run the real program. The store's own tests try many more files of every kind.

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

interface Refusal {
  make(world: World): RunOptions;
  reason: RegExp;
}

const refusals: Record<string, Refusal> = {
  'in a folder that can never be created': {
    make: () => ({ env: { DATABASE_PATH: '/proc/x/audit.db' } }),
    reason: /\/proc\/x\/audit\.db cannot be used: .*\n +Let this account write to the folder/,
  },
  'that was emptied': {
    make({ databasePath }) {
      truncateSync(databasePath);
      return {};
    },
    reason: /audit\.db is empty: it has 0 bytes\n +Restore a backup\. To start over/,
  },
  ...(isRoot && {
    'of another account': {
      make({ folder, databasePath }) {
        chmodSync(folder, 0o777);
        chmodSync(databasePath, 0o666);
        return { uid: nobody };
      },
      reason: /audit\.db belongs to account 0, but this program runs as account 65534\n +Run it as account 0/,
    },
  }),
};

describe('a database', () => {
  for (const [what, { make, reason }] of Object.entries(refusals)) {
    test(`${what} is refused by check and audit with the same words`, async (context) => {
      await using world = await createWatchedWorld();
      const options = make(world);
      if (options.uid !== undefined && (await world.run(['--version'], options)).code !== 0) {
        return context.skip('another account may not read the program here');
      }
      const [checked, audited] = await Promise.all([world.run(['check'], options), world.run(['audit'], options)]);
      assert.deepEqual([checked.code, audited.code], [2, 2]);
      assert.match(checked.stdout, reason);
      assert.match(audited.stderr, reason);
    });
  }

  test('that is reached by a link has the same lock, so that two audits never run at once', async () => {
    await using world = await createWorld();
    const link = { env: { DATABASE_PATH: join(world.folder, 'link.db') } };
    symlinkSync(world.databasePath, link.env.DATABASE_PATH);
    assert.equal((await world.run(['audit'], link)).code, 2, 'the link leads nowhere yet');
    await world.audit();
    const held = holdNextRequest(world.omni);
    const first = world.start(['audit']);
    await held.reached;
    assert.equal((await world.run(['audit'], link)).code, 4);
    held.release();
    assert.equal((await first.outcome).code, 0);
  });
});
