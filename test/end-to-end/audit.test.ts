import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { version } from '../../src/version.ts';
import { createWorld } from '../support/world.ts';
import { makeToken, manyTokens, tokenAt } from '../support/world-tokens.ts';

const noChanges = { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 };
const noFindings = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };

/** The tokens of `manyTokens` that a mail names. */
function namesIn(text: string | false | undefined): string[] {
  const names = [...String(text).matchAll(/(?:personal|organization|mcp) \d+(?=["&])/g)].map(([name]) => name);
  return [...new Set(names)].sort();
}

describe('the program', () => {
  test('takes a baseline with three requests for 250 tokens, stays silent while nothing changes, and mails a digest of exactly what changed', async () => {
    await using world = await createWorld({ tokens: manyTokens(250) });
    const { omni, inbox, tokens } = world;

    const baseline = await world.audit();
    assert.deepEqual(baseline, {
      runId: 1,
      status: 'complete',
      isBaseline: true,
      tokenCount: 250,
      pageCount: 3,
      changes: noChanges,
      findings: noFindings,
      ownersKnown: true,
      mail: { queued: 1, sent: 1, pending: 0, parked: 0 },
    });
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme: baseline of 250 tokens, none needs attention');
    assert.equal(omni.requests.filter(({ path }) => path.startsWith('/api/v1/api-keys')).length, 3);
    for (const { method, userAgent } of omni.requests) {
      assert.deepEqual([method, userAgent], ['GET', `omni-token-audit/${version}`]);
    }

    const quiet = await world.audit();
    assert.deepEqual([quiet.isBaseline, quiet.changes, quiet.findings], [false, noChanges, noFindings]);
    assert.equal(inbox.mails.length, 1);

    const [removed, disabled, renamed] = [tokenAt(world, 10), tokenAt(world, 21), tokenAt(world, 100)];
    const grant = makeToken(0.1, {
      name: 'mcp 901',
      type: 'mcp',
      membershipId: '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f',
    });
    const key = makeToken(0.2, { name: 'organization 900' });
    tokens.splice(10, 1);
    disabled.enabled = false;
    renamed.name = 'personal 902';
    tokens.push(grant, key);
    const changed = await world.audit();
    assert.deepEqual(changed.changes, { ...noChanges, created: 2, removed: 1, disabled: 1, renamed: 1 });
    assert.deepEqual(changed.findings, { ...noFindings, high: 1, medium: 2, low: 1, info: 2 });
    assert.equal(inbox.mails.length, 2);
    const digest = await world.lastMail();
    assert.equal(
      digest.subject,
      '[Omni tokens] Acme (high): 2 new, 1 new MCP client, 1 renamed, 1 disabled, 1 removed',
    );
    const expected = [removed.name, disabled.name, 'personal 100', 'personal 902', grant.name, key.name].sort();
    for (const part of [digest.text, digest.html]) {
      assert.deepEqual(namesIn(part), expected);
      for (const { id } of [removed, disabled, renamed, grant, key]) assert.ok(String(part).includes(id), id);
    }
  });
});
