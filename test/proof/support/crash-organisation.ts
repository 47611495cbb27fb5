import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { SimulatedToken } from '../../../src/demo/omni-simulator.ts';
import { msPerHour } from '../../support/spans.ts';
import type { World } from '../../support/world.ts';
import { makeToken, manyTokens } from '../../support/world-tokens.ts';
import { share } from './crash-death.ts';

/** One change of the organisation; `pick` in [0, 1) says of which token. */
export interface Change {
  kind: 'create' | 'create-old' | 'remove' | 'switch' | 'rename' | 'owner';
  pick: number;
}

export const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('create', 'create-old', 'remove', 'switch', 'rename', 'owner'),
  pick: share,
});

const hoursOfOld = 100 * 24;
/** Their owners come and go; nothing else happens to them, so that what is told of an owner is plain. */
const anchorCount = 6;

/** Three pages of tokens. One organization key is past its first threshold. */
export function crashTokens(): SimulatedToken[] {
  const anchors = Array.from({ length: anchorCount }, (_, index) =>
    makeToken(20 + index, { name: `anchor ${index}`, type: 'personal', membershipId: randomUUID() }),
  );
  return [makeToken(hoursOfOld, { name: 'old and still there' }), ...anchors, ...manyTokens(210)];
}

/** What the baseline mail has to tell. */
export function baselineNews(world: World): string[] {
  return world.tokens.slice(0, 1).map(({ id }) => `token-stale opened ${id}`);
}

/**
 * Makes the changes and answers what mail must tell of them, as `kind transition id`. No token is
 * changed twice: what happens and is undone between two audits is no news.
 */
export function makeChanges(world: World, changes: readonly Change[], clockAheadMs: number): string[] {
  const touched = new Set<string>();
  const news: string[] = [];
  for (const { kind, pick } of changes) {
    const isOfOwner = kind === 'owner';
    const candidates = world.tokens
      .slice(1)
      .filter(
        ({ id, name }) =>
          !touched.has(id) && name.startsWith('anchor') === isOfOwner && (!name.startsWith('old') || kind === 'remove'),
      );
    const token = candidates[Math.floor(pick * candidates.length)];
    assert.ok(token, `no token is left for ${kind}`);
    const { id, events, subject = id } = apply(world, kind, token, clockAheadMs);
    touched.add(id);
    news.push(...events.map((event) => `${event} ${subject}`));
  }
  return news;
}

function apply(
  world: World,
  kind: Change['kind'],
  token: SimulatedToken,
  clockAheadMs: number,
): { id: string; events: string[]; subject?: string } {
  const { id } = token;
  switch (kind) {
    case 'create':
    case 'create-old': {
      const isOld = kind === 'create-old';
      const made = makeToken((isOld ? hoursOfOld : 1) - clockAheadMs / msPerHour, {
        name: isOld ? 'old when it was made' : 'made',
      });
      world.tokens.push(made);
      return { id: made.id, events: ['token-created event', ...(isOld ? ['token-stale opened'] : [])] };
    }
    case 'remove':
      world.tokens.splice(world.tokens.indexOf(token), 1);
      return { id, events: ['token-removed event'] };
    case 'switch':
      token.enabled = !token.enabled;
      return { id, events: [token.enabled ? 'token-enabled event' : 'token-disabled event'] };
    case 'rename':
      token.name = `${token.name}!`;
      return { id, events: ['token-renamed event'] };
    case 'owner': {
      const owner = world.people.ownerOf(token);
      owner.active = !owner.active;
      // What is resolved names the owner and no tokens any more.
      return owner.active
        ? { id, events: ['owner-deactivated resolved'], subject: owner.id }
        : { id, events: ['owner-deactivated opened'] };
    }
    default:
      return kind satisfies never;
  }
}
