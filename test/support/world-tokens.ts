import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { msPerHour } from './spans.ts';

/** Returns a token that was created `ageHours` ago. */
export function makeToken(ageHours: number, fields: Partial<SimulatedToken> = {}): SimulatedToken {
  return {
    id: randomUUID(),
    name: `token of ${ageHours} hours ago`,
    type: 'organization',
    enabled: true,
    createdAt: new Date(Date.now() - ageHours * msPerHour).toISOString(),
    membershipId: null,
    ...fields,
  };
}

/** Returns tokens of all three types, oldest first, all younger than every threshold. */
export function manyTokens(count: number): SimulatedToken[] {
  const hoursApart = Math.min(7, 2000 / count);
  return Array.from({ length: count }, (_, index) => {
    const type = ['organization', 'personal', 'mcp'][index % 3] ?? 'personal';
    return makeToken(2 + (count - index) * hoursApart, {
      name: `${type} ${index}`,
      type,
      membershipId: type === 'organization' ? null : randomUUID(),
    });
  });
}

/** Returns the token at this index, which must exist. */
export function tokenAt({ tokens }: { tokens: SimulatedToken[] }, index: number): SimulatedToken {
  const token = tokens[index];
  assert.ok(token, `there is no token ${index}`);
  return token;
}
