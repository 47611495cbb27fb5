import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Token } from '../../src/rules/token.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { change, revoke } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { range } from '../support/range.ts';
import { someToken, uuid } from '../support/tokens.ts';

function grant(number: number, name: string, fields: Partial<Token> = {}): Token {
  return someToken(number, { type: 'mcp', name, ...fields });
}

function connect({ omni }: AuditBench, ...grants: Token[]): void {
  omni.organisation.tokens.push(...grants.map((token) => ({ ...token })));
}

/** Runs an audit. Returns the new clients that it reports, each with its token, its grants and the number of others. */
async function newClients(bench: AuditBench): Promise<unknown[]> {
  const { runId } = await bench.completeAudit();
  return [...bench.store.findings.reportedBy(runId)]
    .filter(({ kind }) => kind === 'mcp-client-new')
    .map((finding) => {
      const { client, grants, others } = factsOfKind(finding, 'mcp-client-new');
      return [client, finding.subject.id, grants, others];
    });
}

describe('a new MCP client', () => {
  test('is reported with the oldest of its grants, once and for all, but not at the baseline', async (context) => {
    await using bench = await startAuditBench(context, [grant(1, 'Claude'), someToken(2)]);
    assert.deepEqual(await newClients(bench), []);
    connect(bench, grant(3, 'Cursor'), grant(4, 'Claude'), grant(5, 'Cursor'), someToken(6, { name: 'no client' }));
    assert.deepEqual(await newClients(bench), [['Cursor', uuid(3), 2, 0]]);
    revoke(bench, 3, 5);
    assert.deepEqual(await newClients(bench), []);
    connect(bench, grant(7, 'Cursor'));
    assert.deepEqual(await newClients(bench), []);
  });

  test('differs from a known one by any character of its name', async (context) => {
    await using bench = await startAuditBench(context, [grant(1, 'Claude'), grant(2, '\0')]);
    await newClients(bench);
    const names = ['claude', 'Claude ', 'Clаude', 'Claude\u200b', '', '\0a'];
    connect(bench, ...names.map((name, index) => grant(10 + index, name)));
    assert.deepEqual(
      await newClients(bench),
      names.map((name, index) => [name, uuid(10 + index), 1, 0]),
    );
  });

  test('can also be a grant that was renamed', async (context) => {
    await using bench = await startAuditBench(context, [grant(1, 'Claude')]);
    await newClients(bench);
    change(bench, uuid(1), { name: 'Another' });
    assert.deepEqual(await newClients(bench), [['Another', uuid(1), 1, 0]]);
    change(bench, uuid(1), { name: 'Claude' });
    assert.deepEqual(await newClients(bench), []);
  });

  test('is one of ten at most; the last one says how many others there are', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    await newClients(bench);
    connect(bench, ...range(10, 24).map((number) => grant(number, `client ${number}`)));
    const { runId, findings } = await bench.completeAudit();
    const reported = [...bench.store.findings.reportedBy(runId)].filter(({ kind }) => kind === 'mcp-client-new');
    assert.equal(reported.length, 10);
    assert.deepEqual(
      reported.map((finding) => factsOfKind(finding, 'mcp-client-new').others),
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 5],
    );
    // 15 new grants, the ten clients, and the first MCP grant of all.
    assert.equal(findings.medium, 26);
    assert.deepEqual(await newClients(bench), []);
  });
});
