import assert from 'node:assert/strict';
import type { SimulatedToken, SimulatedUser } from '../../src/demo/omni-simulator.ts';

/** The users behind an organisation's tokens. */
export interface People {
  /** All current token owners, and all users that were changed or added. */
  users(): SimulatedUser[];
  /** The owner of a token. Change it in place. */
  ownerOf(token: SimulatedToken): SimulatedUser;
  add(user: SimulatedUser): void;
  /** Deletes an account. Its tokens stay. */
  delete(membershipId: string): void;
  /** Deletes the oldest account. */
  deleteFirst(): void;
  restore(membershipId: string): void;
}

/** Creates an active user for every owner of a token, as soon as a token names it. */
export function peopleOf(tokens: SimulatedToken[]): People {
  const byId = new Map<string, SimulatedUser>();
  const deleted = new Set<string>();

  function person(id: string): SimulatedUser {
    const known = byId.get(id) ?? someUser(id, byId.size + 1);
    byId.set(id, known);
    return known;
  }

  const people: People = {
    users() {
      for (const { membershipId } of tokens) if (membershipId !== null) person(membershipId);
      return [...byId.values()].filter(({ id }) => !deleted.has(id));
    },
    ownerOf({ membershipId }) {
      assert.ok(membershipId, 'the token has no owner');
      return person(membershipId);
    },
    add: (user) => void byId.set(user.id, user),
    delete: (membershipId) => void deleted.add(membershipId),
    deleteFirst() {
      const [first] = people.users().toSorted((a, b) => (a.created < b.created ? -1 : 1));
      if (first !== undefined) deleted.add(first.id);
    },
    restore: (membershipId) => void deleted.delete(membershipId),
  };
  return people;
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
