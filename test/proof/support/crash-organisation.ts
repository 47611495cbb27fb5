import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { SimulatedToken } from '../../../src/demo/omni-simulator.ts';
import { msPerHour } from '../../support/spans.ts';
import type { World } from '../../support/world.ts';
import { makeToken, manyTokens } from '../../support/world-tokens.ts';
import { share } from './crash-places.ts';

const hoursOfOld = 100 * 24;
/** Names of tokens begin with this if only their owners change, so that each change leads to exactly one finding. */
const ownedPrefix = 'owned';

function make({ tokens }: World, ageHours: number, name: string): string {
  const made = makeToken(ageHours, { name });
  tokens.push(made);
  return made.id;
}

/** Each makes one change and returns what mail must report about it, as `kind transition id`. */
const changesByKind = {
  create: (world: World, _token: SimulatedToken, aheadHours: number) => [
    `token-created event ${make(world, 1 - aheadHours, 'made')}`,
  ],
  'create-old': (world: World, _token: SimulatedToken, aheadHours: number) => {
    const id = make(world, hoursOfOld - aheadHours, 'old when it was made');
    return [`token-created event ${id}`, `token-stale opened ${id}`];
  },
  remove({ tokens }: World, token: SimulatedToken) {
    tokens.splice(tokens.indexOf(token), 1);
    return [`token-removed event ${token.id}`];
  },
  switch(_world: World, token: SimulatedToken) {
    token.enabled = !token.enabled;
    return [`token-${token.enabled ? 'enabled' : 'disabled'} event ${token.id}`];
  },
  rename(_world: World, token: SimulatedToken) {
    token.name += '!';
    const client = token.type === 'mcp' ? [`mcp-client-new event ${token.id}`] : [];
    return [`token-renamed event ${token.id}`, ...client];
  },
  owner({ people }: World, token: SimulatedToken) {
    const owner = people.ownerOf(token);
    owner.active = !owner.active;
    // A resolved condition names only the owner and no token.
    return [owner.active ? `owner-deactivated resolved ${owner.id}` : `owner-deactivated opened ${token.id}`];
  },
};

export interface Change {
  kind: keyof typeof changesByKind;
  /** Which token, in [0, 1). */
  pick: number;
}

export const everyKind = Object.keys(changesByKind) as Change['kind'][];
export const change: fc.Arbitrary<Change> = fc.record({ kind: fc.constantFrom(...everyKind), pick: share });

/** Returns three pages of tokens. The first token, an organization key, is past its first threshold. */
export function crashTokens(): SimulatedToken[] {
  const owned = Array.from({ length: 6 }, (_, index) =>
    makeToken(20 + index, { name: `${ownedPrefix} ${index}`, type: 'personal', membershipId: randomUUID() }),
  );
  return [makeToken(hoursOfOld, { name: 'old and still there' }), ...owned, ...manyTokens(210)];
}

/** Returns what the baseline mail must report. */
export function baselineFindings(world: World): string[] {
  return world.tokens.slice(0, 1).map(({ id }) => `token-stale opened ${id}`);
}

/** Makes each change to a different token, because no mail reports a change that was undone between two audits. */
export function makeChanges(world: World, changes: readonly Change[], aheadMs: number): string[] {
  const untouched = world.tokens.slice(1);
  return changes.flatMap(({ kind, pick }) => {
    const fitting = untouched.filter(
      ({ name }) =>
        name.startsWith(ownedPrefix) === (kind === 'owner') && (!name.startsWith('old') || kind === 'remove'),
    );
    const token = fitting[Math.floor(pick * fitting.length)];
    assert.ok(token, `no token is left for ${kind}`);
    untouched.splice(untouched.indexOf(token), 1);
    return changesByKind[kind](world, token, aheadMs / msPerHour);
  });
}
