import type { Database } from './database.ts';
import { prepare, text } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Fields of Omni's token records that this program does not know. */
export interface RecordFields {
  /**
   * Remembers the unknown fields of a run, and forgets those that the run did not see any more, such as
   * those that a newer version knows. Returns the ones that were not remembered yet.
   */
  remember(tx: Transaction, names: readonly string[], runId: number): string[];
  /** The unknown fields that the last complete run saw, by name. */
  list(): string[];
}

export function createRecordFields(db: Database): RecordFields {
  const stmts = {
    forgetOthers: prepare<[string]>(db, 'DELETE FROM record_fields WHERE name NOT IN (SELECT value FROM json_each(?))'),
    add: prepare<[string, number]>(
      db,
      'INSERT INTO record_fields (name, first_run_id) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
    ),
    list: prepare(db, 'SELECT name FROM record_fields ORDER BY name').returningOne(text),
  };

  return {
    remember(tx, names, runId) {
      tx.requireOpen();
      stmts.forgetOthers.run(JSON.stringify(names));
      return names.filter((name) => stmts.add.run(name, runId).changes > 0);
    },
    list: () => stmts.list.all(),
  };
}
