import { explained } from '../database-error.ts';
import type { Database } from './database.ts';

/**
 * Proof that a write transaction is open. A method that must run inside a transaction takes it as its first
 * argument, so that a caller without one does not compile. Only `Transactions` creates it.
 */
export class Transaction {
  #isOpen = true;

  /** @throws Error when the transaction has ended, because a caller kept it. */
  requireOpen(): void {
    if (!this.#isOpen) throw new Error('the transaction has ended');
  }

  /** Only `Transactions` may call it. */
  end(): void {
    this.#isOpen = false;
  }
}

/** Runs work inside transactions. Work is synchronous, so no transaction is held across an `await`. */
export interface Transactions {
  /**
   * Runs work in one transaction and commits it, or rolls it back if the work throws. It takes the write lock
   * first, because a transaction that began by reading can no longer write once another connection has committed.
   *
   * @throws DatabaseError when the file cannot be written.
   */
  run<T>(work: (tx: Transaction) => T): T;
  /** Runs work in one transaction and rolls it back, for dry runs. */
  rehearse<T>(work: (tx: Transaction) => T): T;
}

export function createTransactions(db: Database): Transactions {
  function within<T>(work: (tx: Transaction) => T, end: 'COMMIT' | 'ROLLBACK'): T {
    const tx = new Transaction();
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work(tx);
      if (result instanceof Promise) throw new Error('the work of a transaction must be synchronous');
      db.exec(end);
      return result;
    } catch (error) {
      // On a full disk, SQLite has already rolled back.
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    } finally {
      tx.end();
    }
  }

  return {
    run: (work) => explained(db.name, () => within(work, 'COMMIT')),
    rehearse: (work) => explained(db.name, () => within(work, 'ROLLBACK')),
  };
}
