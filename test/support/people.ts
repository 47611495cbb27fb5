import assert from 'node:assert/strict';
import type { SimulatedToken, SimulatedUser } from '../../src/demo/omni-simulator.ts';

/** A user without tokens, so that the list of users is never empty. */
const administrator = someUser('00000000-0000-4000-8000-0000000000ad', 1_000_000);

/** The users of an organisation: an active one for each owner of a token, and those that a test changes or adds. */
export class People {
  readonly #tokens: readonly SimulatedToken[];
  readonly #byId = new Map<string, SimulatedUser>();
  readonly #deleted = new Set<string>();

  constructor(tokens: readonly SimulatedToken[]) {
    this.#tokens = tokens;
  }

  users(): SimulatedUser[] {
    for (const token of this.#tokens) if (token.membershipId !== null) this.ownerOf(token);
    return [...this.#byId.values(), administrator].filter(({ id }) => !this.#deleted.has(id));
  }

  /** Returns the owner of a token. Change it in place. */
  ownerOf({ membershipId: id }: Pick<SimulatedToken, 'membershipId'>): SimulatedUser {
    assert.ok(id, 'the token has no owner');
    const user = this.#byId.get(id) ?? someUser(id, this.#byId.size + 1);
    this.add(user);
    return user;
  }

  add(user: SimulatedUser): void {
    this.#byId.set(user.id, user);
  }

  /** Deletes an account. Its tokens stay. */
  delete(id: string): void {
    this.#deleted.add(id);
  }

  deleteOldest(): void {
    const [oldest] = this.users().toSorted((a, b) => (a.created < b.created ? -1 : 1));
    if (oldest !== undefined) this.delete(oldest.id);
  }

  restore(id: string): void {
    this.#deleted.delete(id);
  }
}

export function someUser(id: string, number: number, fields: Partial<SimulatedUser> = {}): SimulatedUser {
  return {
    id,
    userName: `person.${number}@acme.example`,
    displayName: `Person ${number}`,
    active: true,
    created: new Date(Date.parse('2024-01-01T00:00:00.000Z') + number * 1000).toISOString(),
    ...fields,
  };
}
