import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import { integer, prepare, text } from '../../src/store/statement.ts';
import { openAuditStore, openReadStore, openSharedStore } from '../../src/stores.ts';
import { someMorning } from '../support/fake-clock.ts';
import { filesLike, readText } from '../support/project-files.ts';
import { tempDatabase } from '../support/temp-folder.ts';

/** Where SQLite itself is handled. */
const ownWays = ['src/store/statement.ts', 'src/store/database.ts', 'src/store/migrate.ts', 'src/store/transaction.ts'];

describe('every statement of the program', () => {
  test('is valid, and has the columns of its row type: they are prepared when a store is opened', (context) => {
    const path = tempDatabase(context);
    for (const open of [openAuditStore, openReadStore, openSharedStore]) {
      open(path, someMorning)[Symbol.dispose]();
    }
  });

  test('is prepared in one way, and every transaction begins in one way', () => {
    const sources = filesLike('src/**/*.ts').filter((path) => !ownWays.includes(path));
    assert.ok(sources.length > 100);
    assert.deepEqual(
      sources.filter((path) => /\.(prepare|transaction)\b/.test(readText(path))),
      [],
    );
  });
});

describe('a statement', () => {
  test('is refused when a column is missing, or is not in its row type', () => {
    const db = openDatabase(':memory:');
    const select = prepare(db, 'SELECT 1 AS id');
    assert.deepEqual(select.returning({ id: integer }).get(), { id: 1 });
    assert.throws(() => select.returning({ id: integer, name: text }), /lacks the columns \[name\]/);
    assert.throws(() => prepare(db, "SELECT 1 AS id, 'a' AS name").returning({ id: integer }), /\[name\] besides/);
    assert.throws(() => prepare(db, 'SELECT 1, 2').returningOne(integer), /expected one column/);
    db.close();
  });
});
