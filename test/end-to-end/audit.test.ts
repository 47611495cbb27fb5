import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { version } from '../../src/version.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld } from '../support/world.ts';
import { makeToken, manyTokens, tokenAt } from '../support/world-tokens.ts';

const nothing = { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 };
const none = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };

function namesIn(text: string | false | undefined): string[] {
  const names = [...String(text).matchAll(/(?:personal|organization|mcp) \d+(?=["&])/g)].map(([name]) => name);
  return [...new Set(names)].sort();
}

describe('an audit', { concurrency: 2 }, () => {
  test('begins with a baseline: three requests for 250 tokens, told in one mail', async () => {
    await using world = await createWorld({ tokens: manyTokens(250) });
    const result = await world.audit();
    assert.deepEqual(result, {
      runId: 1,
      status: 'complete',
      isBaseline: true,
      tokenCount: 250,
      pageCount: 3,
      changes: nothing,
      findings: none,
      ownersKnown: true,
      mail: { queued: 1, sent: 1, pending: 0, parked: 0 },
    });
    assert.equal(world.inbox.mails.length, 1);
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme: baseline of 250 tokens, none needs attention');
    for (const part of [mail.text, mail.html]) {
      assert.match(String(part), /first audit with this database/);
      assert.match(String(part), /84 organization/);
    }

    // Three requests, oldest first, with GET and its own name.
    const listing = world.omni.requests.filter(({ path }) => path.startsWith('/api/v1/api-keys'));
    assert.equal(listing.length, 3);
    for (const { path, status } of listing) {
      const query = new URL(path, world.omni.baseUrl).searchParams;
      assert.equal(query.get('pageSize'), '100');
      assert.equal(query.get('sortField'), 'createdAt');
      assert.equal(query.get('sortDirection'), 'asc');
      assert.equal(status, 200);
    }
    const byAge = world.tokens.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    const cursors = listing.map(({ path }) => new URL(path, world.omni.baseUrl).searchParams.get('cursor'));
    assert.deepEqual(cursors, [null, byAge[99]?.id, byAge[199]?.id]);
    for (const { method, userAgent } of world.omni.requests) {
      assert.equal(method, 'GET');
      assert.equal(userAgent, `omni-token-audit/${version}`);
    }
  });

  test('that finds nothing new sends nothing, with exit code 0 and three more requests', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(250) });
    const result = await world.audit();
    assert.equal(result.isBaseline, false);
    assert.deepEqual([result.changes, result.findings], [nothing, none]);
    assert.deepEqual(result.mail, { queued: 0, sent: 0, pending: 0, parked: 0 });
    assert.equal(world.inbox.mails.length, 0);
    assert.equal(world.omni.requests.filter(({ path }) => path.startsWith('/api/v1/api-keys')).length, 3);
  });

  test('tells two created, one removed, one disabled and one renamed token, and exactly these', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(250) });
    const [removed, disabled, renamed] = [tokenAt(world, 10), tokenAt(world, 21), tokenAt(world, 100)];
    const mcpOwner = '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f';
    const grant = makeToken(0.1, { name: 'mcp 901', type: 'mcp', membershipId: mcpOwner });
    const key = makeToken(0.2, { name: 'organization 900' });
    world.tokens.splice(10, 1);
    disabled.enabled = false;
    renamed.name = 'personal 902';
    world.tokens.push(grant, key);

    const result = await world.audit();
    assert.deepEqual(result.changes, { ...nothing, created: 2, removed: 1, disabled: 1, renamed: 1 });
    assert.deepEqual(result.findings, { ...none, high: 1, medium: 1, low: 1, info: 2 });
    assert.equal(result.tokenCount, 251);
    assert.deepEqual(result.mail, { queued: 1, sent: 1, pending: 0, parked: 0 });

    assert.equal(world.inbox.mails.length, 1);
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme (high): 2 new, 1 renamed, 1 disabled, 1 removed');
    const expected = [removed.name, disabled.name, 'personal 100', 'personal 902', grant.name, key.name].sort();
    assert.deepEqual(namesIn(mail.text), expected);
    assert.deepEqual(namesIn(mail.html), expected);
    for (const part of [String(mail.text), String(mail.html)]) {
      for (const { id } of [removed, disabled, renamed, grant, key]) assert.ok(part.includes(id), id);
      assert.ok(part.includes(mcpOwner));
      assert.match(part, /personal 100(?:"|&quot;) → (?:"|&quot;)personal 902/);
      assert.match(part, /enabled → disabled/);
      assert.match(part, /Settings › API access/);
      assert.match(part, new RegExp(`curl -X DELETE [^\\n]*\\$OMNI_API_TOKEN[^\\n]*/api/v1/api-keys/${grant.id}`));
    }
    const text = String(mail.text);
    const headings = ['HIGH: New token', 'MEDIUM: New token', 'LOW: Renamed token', 'INFO: Disabled', 'INFO: Removed'];
    const places = headings.map((heading) => text.indexOf(heading));
    assert.ok(!places.includes(-1), text);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  test('tells a token that was enabled again as a finding of its own', async () => {
    const tokens = manyTokens(4);
    Object.assign(tokens[0] ?? {}, { enabled: false });
    await using world = await createWatchedWorld({ tokens });
    tokenAt(world, 0).enabled = true;
    const result = await world.audit();
    assert.deepEqual(result.changes, { ...nothing, enabled: 1 });
    assert.deepEqual(result.findings, { ...none, high: 1 });
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme (high): 1 re-enabled');
    const [finding, ...more] = await world.look('findings', '--run', '2');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [finding.kind, finding.severity, finding.tokenId],
      ['token-enabled', 'high', tokenAt(world, 0).id],
    );
  });

  test('calls critical what should be impossible, and tells a token that came back', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(6) });
    const [gone] = world.tokens.splice(0, 1);
    assert.ok(gone);
    await world.audit();
    world.tokens.push(gone);
    tokenAt(world, 0).membershipId = '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f';
    tokenAt(world, 1).type = 'organization';
    tokenAt(world, 2).createdAt = new Date(Date.now() - 3_600_000).toISOString();
    const result = await world.audit();
    assert.deepEqual(result.changes, { ...nothing, other: 4 });
    assert.deepEqual(result.findings, { ...none, critical: 3, high: 1 });
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme (critical): 3 altered, 1 reappeared');
  });

  test('writes one log line for each finding', async () => {
    await using world = await createWatchedWorld();
    world.tokens.push(makeToken(1, { name: 'a key' }), makeToken(2, { name: 'another key' }));
    tokenAt(world, 0).enabled = false;
    const outcome = await world.run(['audit']);
    assert.equal(outcome.code, 0);
    const lines = outcome.logs().filter(({ event }) => event === 'finding');
    const findings = await world.look('findings', '--run', '2');
    assert.deepEqual(
      lines.map(({ findingId, kind, severity, tokenId, runId }) => [findingId, kind, severity, tokenId, runId]).sort(),
      // biome-ignore lint/suspicious/noExplicitAny: the answer of a command
      findings.map((finding: any) => [finding.id, finding.kind, finding.severity, finding.tokenId, 2]).sort(),
    );
    assert.equal(lines.length, 3);
  });

  test('logs JSON lines on stderr and nothing else, and keeps stdout for its result', async () => {
    await using world = await createWorld();
    const { stdout, stderr } = await world.run(['audit'], { env: { LOG_LEVEL: 'trace' } });
    assert.ok(stderr.endsWith('\n'));
    for (const line of stderr.trimEnd().split('\n')) {
      const { level, time, msg } = JSON.parse(line);
      assert.equal(typeof level, 'string');
      assert.ok(!Number.isNaN(Date.parse(time)));
      assert.equal(typeof msg, 'string');
    }
    assert.match(
      stdout,
      /^Run 1 is complete: 3 tokens on 1 page, the baseline\.\nFindings: none\. Open: none\.\nMail: 1 sent/,
    );
  });

  test('keeps a type and fields that it does not know going, and tells the type', async () => {
    await using world = await createWatchedWorld();
    world.tokens.push(makeToken(1, { name: 'robot', type: 'service account', lastUsedAt: 'never', scopes: ['all'] }));
    const result = await world.audit();
    assert.deepEqual(result.changes, { ...nothing, created: 1 });
    const findings: { kind: string }[] = await world.look('findings', '--run', '2');
    const kinds = findings.map(({ kind }) => kind);
    assert.deepEqual(kinds.sort(), ['token-created', 'token-type-unknown', 'type-first-seen']);
    assert.deepEqual((await world.audit()).changes, nothing);
  });

  test('finds a token stale by its own threshold at the baseline, and says so once', async () => {
    const old = makeToken(24 * 200, { name: 'ancient key' });
    await using world = await createWorld({ tokens: [...manyTokens(3), old] });
    assert.deepEqual((await world.audit()).findings, { ...none, medium: 1 });
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme: baseline of 4 tokens, 1 needs attention');
    assert.match(String(mail.text), /"ancient key"\n\s+200 days old, (?:over|past) the threshold of 180/);
    await world.audit();
    assert.equal(world.inbox.mails.length, 1);
  });

  test('calls a disabled token stale no longer, without good news', async () => {
    const old = makeToken(24 * 200, { name: 'ancient key' });
    await using world = await createWatchedWorld({ tokens: [...manyTokens(3), old] });
    old.enabled = false;
    const result = await world.audit();
    assert.deepEqual(result.findings, { ...none, info: 1 });
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme: 1 disabled');
    assert.deepEqual(await world.look('findings', '--open'), []);
  });

  test('takes changed thresholds for no news, and says so in one line of the next mail', async () => {
    const tokens = [...manyTokens(3), makeToken(24 * 50, { name: 'fifty days old' })];
    await using world = await createWatchedWorld({ tokens });
    world.env.STALE_AFTER_DAYS = '40';
    await world.audit();
    assert.equal(world.inbox.mails.length, 0);
    const open = await world.look('findings', '--open');
    assert.ok(open.length > 0);
    world.tokens.push(makeToken(1));
    await world.audit();
    const text = String((await world.lastMail()).text).replaceAll(/\s+/g, ' ');
    assert.match(text, new RegExp(`thresholds of this audit were changed: ${open.length} findings? opened`));
    assert.equal((await world.lastMail()).subject, '[Omni tokens] Acme (high): 1 new');
  });
});
