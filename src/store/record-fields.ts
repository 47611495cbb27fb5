import type { Database } from './database.ts';
import { prepare, text } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Fields of Omni's token records that this version does not know. */
export interface RecordFields {
  /**
   * Stores the unknown fields that a run saw and returns the new ones among them. Forgets all other fields,
   * for example those that this version knows after an upgrade.
   */
  remember(tx: Transaction, names: readonly string[], runId: number): string[];
  /** Returns the unknown fields that the last complete run saw, by name. */
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
