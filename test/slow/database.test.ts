import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { execute, readTables } from '../support/database-rows.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type Outcome, startSimulator } from '../support/world.ts';
import { manyTokens } from '../support/world-tokens.ts';

function assertRefused({ code, stdout, stderr }: Outcome, message: RegExp): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /\n\s+at |"stack"|node_modules/);
}

describe('a database', { concurrency: 2 }, () => {
  test('of another organisation is refused before any request, with both ways on', async () => {
    await using world = await createWatchedWorld();
    await using other = await startSimulator(manyTokens(5));
    const before = readTables(world.databasePath);
    const outcome = await world.run(['audit'], { env: { OMNI_BASE_URL: other.baseUrl } });
    assertRefused(outcome, /another DATABASE_PATH.*check --adopt-url/);
    assert.ok(
      outcome.stderr.includes(`holds the history of ${world.omni.baseUrl}, but OMNI_BASE_URL is ${other.baseUrl}`),
    );
    assert.deepEqual([other.requests.length, world.omni.requests.length], [0, 0]);
    assert.deepEqual(readTables(world.databasePath), before);
    await world.audit();
  });

  test('is not tied to an address at which no audit ever succeeded', async () => {
    await using mistyped = await startSimulator(manyTokens(1), 'of-somebody-else');
    await using world = await createWorld();
    await world.audit(1, { env: { OMNI_BASE_URL: mistyped.baseUrl } });
    assert.equal((await world.audit()).isBaseline, true);
  });

  test('of a newer version is refused by audits and look commands, and left alone', async () => {
    await using world = await createWatchedWorld();
    execute(
      world.databasePath,
      "INSERT INTO migrations SELECT max(version) + 1, 'of_the_future', 'unknown', max(applied_at) FROM migrations",
    );
    const before = readTables(world.databasePath);
    for (const command of ['audit', 'tokens', 'mail']) {
      assertRefused(
        await world.run([command]),
        /a newer version wrote it\n {2}Run the newer version, or restore the copy/,
      );
    }
    assert.deepEqual(readTables(world.databasePath), before);
    assert.equal(world.omni.requests.length, 0);
  });

  test('that an edited migration made is refused', async () => {
    await using world = await createWatchedWorld();
    execute(world.databasePath, "UPDATE migrations SET checksum = 'edited' WHERE version = 1");
    assertRefused(await world.run(['audit']), /differs from the one that was applied.*\n.*Reinstall the program/);
  });

  test('that is no database is refused and left as it was', async () => {
    await using world = await createWorld();
    const content = `${'this is a letter, and a long one\n'.repeat(40)}`;
    writeFileSync(world.databasePath, content);
    for (const command of ['audit', 'runs']) {
      assertRefused(await world.run([command]), /The file is no SQLite database: .*point DATABASE_PATH elsewhere/);
    }
    assert.equal(readFileSync(world.databasePath, 'utf8'), content);
  });

  test('of another program is refused', async () => {
    await using world = await createWorld();
    execute(world.databasePath, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('keep me')");
    for (const command of ['audit', 'runs']) {
      assertRefused(
        await world.run([command]),
        /database of another program\n {2}Point DATABASE_PATH to a file of its own/,
      );
    }
    assert.deepEqual(readTables(world.databasePath), { notes: [{ text: 'keep me' }] });
  });

  test('of another program is left as it was, to the last byte', async () => {
    await using world = await createWorld();
    execute(world.databasePath, 'CREATE TABLE notes (text TEXT)');
    chmodSync(world.databasePath, 0o644);
    const before = readFileSync(world.databasePath);
    await world.run(['audit']);
    assert.ok(readFileSync(world.databasePath).equals(before));
    assert.equal(statSync(world.databasePath).mode & 0o777, 0o644);
  });

  test('below a regular file cannot be made', async () => {
    await using world = await createWorld();
    writeFileSync(join(world.folder, 'file'), '');
    const env = { DATABASE_PATH: join(world.folder, 'file', 'audit.db') };
    assertRefused(await world.run(['audit'], { env }), /DATABASE_PATH must name a file in a folder .* may write to/);
    assert.equal(world.omni.requests.length, 0);
  });

  test('that is a folder is refused', async () => {
    await using world = await createWorld();
    mkdirSync(world.databasePath);
    for (const command of ['audit', 'runs']) {
      assertRefused(await world.run([command]), /DATABASE_PATH must name a file in a folder .* may write to/);
    }
  });

  test('that is a folder keeps its mode', async () => {
    await using world = await createWorld();
    mkdirSync(world.databasePath, { mode: 0o755 });
    await world.run(['audit']);
    assert.equal(statSync(world.databasePath).mode & 0o777, 0o755);
  });

  test('with something else in the place of its lock is refused without a stack trace', async () => {
    await using world = await createWorld();
    writeFileSync(`${world.databasePath}.lock`, 'no lock, but a letter, and a long one\n'.repeat(40));
    assertRefused(await world.run(['audit']), /audit\.db\.lock/);
  });

  test('is made with its folder, and both can be read by their owner only', async () => {
    await using world = await createWorld();
    const folder = join(world.folder, 'made', 'on demand');
    const path = join(folder, 'audit.db');
    await world.audit(0, { env: { DATABASE_PATH: path } });
    const reader = new BetterSqlite3(path);
    reader.prepare('SELECT count(*) FROM runs').get();
    const files = [path, `${path}.lock`, `${path}-wal`, `${path}-shm`];
    for (const file of files) {
      assert.ok(existsSync(file), file);
      assert.equal(statSync(file).mode & 0o077, 0, file);
    }
    reader.close();
    assert.equal(statSync(folder).mode & 0o077, 0);
  });
});
