import { type Database, explained } from './database.ts';

/**
 * Proof that a write transaction is open. What must happen inside one takes it as its first argument,
 * so that forgetting the transaction does not compile. Only `Transactions` makes one.
 */
export class Transaction {
  #isOpen = true;

  /** @throws Error when the transaction has ended: somebody kept it. */
  requireOpen(): void {
    if (!this.#isOpen) throw new Error('the transaction has ended');
  }

  /** Called by `Transactions` alone. */
  end(): void {
    this.#isOpen = false;
  }
}

/** The ways to write. Work is synchronous: a transaction is never held across an `await`. */
export interface Transactions {
  /**
   * Runs work as one transaction and commits it. What it throws rolls everything back. It begins as
   * a writer, because one that has only read cannot go on after another connection's commit.
   *
   * @throws DatabaseError when the file cannot be written.
   */
  run<T>(work: (tx: Transaction) => T): T;
  /** Runs work as one transaction and undoes all that it wrote: for dry runs. */
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
      // A full disk ends the transaction by itself.
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
