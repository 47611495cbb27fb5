import type { Database } from './database.ts';

/** An API does not grow by more; names that change every day would be nonsense, and a finding each. */
const maxFields = 100;

/** Fields of Omni's token records that this program does not know, as far as they were told. */
export function createRecordFields(db: Database) {
  const add = db.prepare<[string, number]>(
    'INSERT INTO record_fields (name, first_run_id) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
  );
  const count = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM record_fields');
  const isFull = (): boolean => (count.get()?.count ?? 0) >= maxFields;
  return {
    /** Remembers fields, as long as their number is a plausible one; answers those that no run had seen before. */
    remember: (names: readonly string[], runId: number): string[] =>
      names.filter((name) => !isFull() && add.run(name, runId).changes > 0),
  };
}
