import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createStory } from '../../src/demo/story.ts';
import { ageInDays, msPerDay } from '../../src/time/duration.ts';

const mornings = ['2026-11-23T07:00:00.000Z', '2027-03-01T00:10:00.000Z'].map((instant) => new Date(instant));

for (const morning of mornings) {
  describe(`the story of ${morning.toISOString()}`, () => {
    const yesterday = new Date(morning.getTime() - msPerDay);

    test('begins with some 230 tokens of all three types, each with an id of its own', () => {
      const { organisation } = createStory(morning);
      const { tokens, users } = organisation;
      assert.ok(tokens.length >= 220 && tokens.length <= 240, String(tokens.length));
      assert.deepEqual([...new Set(tokens.map(({ type }) => type))].sort(), ['mcp', 'organization', 'personal']);
      const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
      for (const { id } of [...tokens, ...users]) assert.match(id, uuid);
      assert.equal(new Set(tokens.map(({ id }) => id)).size, tokens.length);
      assert.equal(new Set(users.map(({ id }) => id)).size, users.length);
      for (const { createdAt, name } of tokens) assert.ok(createdAt < yesterday.toISOString(), name);
    });

    test('gives every personal token and every grant an owner among the users, and no key one', () => {
      const { tokens, users } = createStory(morning).organisation;
      const members = new Set(users.map(({ id }) => id));
      for (const { type, membershipId } of tokens) {
        assert.equal(membershipId !== null && members.has(membershipId), type !== 'organization');
      }
    });

    test('is the same each time it is told', () => {
      assert.deepEqual(createStory(morning).organisation, createStory(morning).organisation);
    });

    test('goes on overnight with one new key, one disabled, one re-enabled and one revoked', () => {
      const story = createStory(morning);
      const before = structuredClone(story.organisation.tokens);
      story.applyOvernightChanges();
      const after = story.organisation.tokens;
      const idsBefore = new Map(before.map((token) => [token.id, token]));
      const idsAfter = new Set(after.map(({ id }) => id));
      const created = after.filter(({ id }) => !idsBefore.has(id));
      assert.deepEqual(
        created.map(({ type }) => type),
        ['organization'],
      );
      for (const { createdAt } of created) {
        assert.ok(createdAt > yesterday.toISOString() && createdAt < morning.toISOString());
      }
      assert.equal(before.filter(({ id }) => !idsAfter.has(id)).length, 1);
      const switched = after.filter((token) => idsBefore.get(token.id)?.enabled === !token.enabled);
      assert.deepEqual(switched.map(({ enabled }) => enabled).sort(), [false, true]);
    });

    test('deactivates overnight one account, which holds two tokens', () => {
      const { organisation, applyOvernightChanges } = createStory(morning);
      assert.ok(organisation.users.every(({ active }) => active));
      applyOvernightChanges();
      const left = organisation.users.filter(({ active }) => !active).map(({ id }) => id);
      assert.equal(left.length, 1);
      assert.equal(organisation.tokens.filter(({ membershipId }) => left.includes(String(membershipId))).length, 2);
    });

    test('has exactly one enabled key that turns 180 days old overnight, and no other token crosses a threshold', () => {
      const thresholds: Record<string, number[]> = {
        organization: [90, 180, 365],
        personal: [180, 365],
        mcp: [180, 365],
      };
      const story = createStory(morning);
      story.applyOvernightChanges();
      const crossed = story.organisation.tokens.flatMap(({ type, enabled, createdAt, name }) =>
        (thresholds[type] ?? [])
          .filter((days) => enabled && ageInDays(createdAt, yesterday) < days && ageInDays(createdAt, morning) >= days)
          .map((days) => `${name}: ${days}`),
      );
      assert.deepEqual(crossed, ['Nightly board export: 180']);
    });
  });
}
