import { DatabaseError } from '../errors.ts';
import type { Database } from './database.ts';
import { prepare, text } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** The organisation that a database belongs to. Mixing two organisations would invent thousands of removals. */
export interface Organisation {
  /** Returns its base URL; null before the first complete audit. */
  baseUrl(): string | null;
  /** Accepts a database that belongs to this organisation or to none. @throws DatabaseError when it belongs to another. */
  require(baseUrl: string): void;
  /** Assigns an unassigned database to this organisation. @throws DatabaseError when it belongs to another. */
  claim(tx: Transaction, baseUrl: string, now: Date): void;
  /** Assigns the database to another base URL, after the organisation was renamed. Returns the former one. */
  adopt(tx: Transaction, baseUrl: string, now: Date): string | null;
}

export function createOrganisation(db: Database): Organisation {
  const stmts = {
    baseUrl: prepare(db, 'SELECT base_url FROM organisation').returningOne(text),
    set: prepare<[string, string]>(
      db,
      `INSERT INTO organisation (singleton, base_url, created_at)
       VALUES (1, ?, ?)
           ON CONFLICT (singleton) DO UPDATE SET base_url = excluded.base_url`,
    ),
  };

  const organisation: Organisation = {
    baseUrl: () => stmts.baseUrl.get(),
    require(baseUrl) {
      const owner = stmts.baseUrl.get();
      if (owner === null || owner === baseUrl) return;
      throw new DatabaseError(`${db.name} holds the history of ${owner}, but OMNI_BASE_URL is ${baseUrl}`, {
        hint: 'Use a different DATABASE_PATH for each organisation. If yours was renamed, run `omni-token-audit check --adopt-url`',
      });
    },
    claim(tx, baseUrl, now) {
      organisation.require(baseUrl);
      if (stmts.baseUrl.get() === null) organisation.adopt(tx, baseUrl, now);
    },
    adopt(tx, baseUrl, now) {
      tx.requireOpen();
      const former = stmts.baseUrl.get();
      stmts.set.run(baseUrl, now.toISOString());
      return former;
    },
  };
  return organisation;
}
