import type { Token } from '../rules/token.ts';

/** The state of a token in the snapshot before. */
export interface SnapshotToken {
  /** Of the row that holds it. */
  versionId: number;
  token: Token;
}

/** What one page has that the snapshot before has not, and the other way round. */
export interface Unpaired {
  /** New, changed, listed twice, or not where the order of creation has them. */
  listed: Token[];
  /** Rows of the snapshot that nothing was listed for, as it was: gone, changed, or listed elsewhere. */
  versionIds: number[];
}

export interface Pairing {
  /** Takes the next page of the list. */
  add(page: readonly Token[]): Unpaired;
  /** Ends the list: what is left of the snapshot. */
  rest(): Generator<number>;
  /** Tokens that were listed exactly as the snapshot has them. */
  readonly pairedCount: number;
}

/** Beyond that, the oldest that wait are given up. A few megabytes. */
const maxWaiting = 5000;

/**
 * Pairs a listing with the snapshot before, page by page, so that only what differs has to be kept.
 * Both come oldest first; tokens of one instant in any order. A list in another order is no error:
 * more of it stays unpaired, and must be compared by id. Memory is bounded.
 */
export function createPairing(snapshot: Iterator<SnapshotToken>): Pairing {
  /** Versions that were read and not met yet, oldest first. */
  const waiting = new Map<string, SnapshotToken>();
  let next = snapshot.next();
  let pairedCount = 0;

  function readUpTo(createdAt: string, given: number[]): void {
    while (!next.done && next.value.token.createdAt <= createdAt) {
      waiting.set(next.value.token.id, next.value);
      next = snapshot.next();
      giveUpWhile(() => waiting.size > maxWaiting, given);
    }
  }

  /** Gives up the oldest that wait, for as long as the condition holds of the next one. */
  function giveUpWhile(condition: (oldest: Token) => boolean, given: number[]): void {
    for (const [id, { versionId, token }] of waiting) {
      if (!condition(token)) return;
      waiting.delete(id);
      given.push(versionId);
    }
  }

  return {
    get pairedCount() {
      return pairedCount;
    },
    add(page) {
      const unpaired: Unpaired = { listed: [], versionIds: [] };
      for (const token of page) {
        readUpTo(token.createdAt, unpaired.versionIds);
        const before = waiting.get(token.id);
        if (before !== undefined && isSame(before.token, token)) {
          waiting.delete(token.id);
          pairedCount += 1;
        } else {
          unpaired.listed.push(token);
        }
      }
      const last = page.at(-1);
      if (last !== undefined) giveUpWhile(({ createdAt }) => createdAt < last.createdAt, unpaired.versionIds);
      return unpaired;
    },
    *rest() {
      for (const { versionId } of waiting.values()) yield versionId;
      for (; !next.done; next = snapshot.next()) yield next.value.versionId;
    },
  };
}

/** A database holds no half of a surrogate pair; taken for a difference, it is compared there once more. */
function isSame(before: Token, listed: Token): boolean {
  return (
    before.name === listed.name &&
    before.enabled === listed.enabled &&
    before.type === listed.type &&
    before.createdAt === listed.createdAt &&
    before.membershipId === listed.membershipId
  );
}
