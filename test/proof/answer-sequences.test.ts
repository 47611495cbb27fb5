import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Token } from '../../src/rules/token.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { someKey } from '../support/tokens.ts';
import { spoil } from './support/answer-fault.ts';
import { answerFaults } from './support/answer-faults.ts';
import { organizationTokens } from './support/answer-trial.ts';
import { isFull, seed, tally } from './support/tally.ts';

/** Those that cost no wait. */
const quickFaults = Object.entries(answerFaults).filter(([, { timeoutMs }]) => timeoutMs === undefined);

/** What happens between two audits, and at which requests for the list something answers in Omni's place. */
const day = fc.record({
  changes: fc.array(fc.constantFrom('create', 'remove', 'switch', 'rename'), { maxLength: 4 }),
  faults: fc.array(
    fc.record({ afterRequests: fc.nat(6), fault: fc.constantFrom(...quickFaults.map(([name]) => name)) }),
    { maxLength: 5 },
  ),
});

function change(tokens: Token[], kind: string, number: number): void {
  const at = number % tokens.length;
  const token = tokens[at];
  assert.ok(token);
  if (kind === 'create') tokens.push(someKey(number));
  if (kind === 'remove') tokens.splice(at, 1);
  if (kind === 'switch') token.enabled = !token.enabled;
  if (kind === 'rename') token.name = `renamed ${number}`;
}

/** What lies between two listings, token by token. */
function newsBetween(before: readonly Token[], after: readonly Token[]): string[] {
  const old = new Map(before.map((token) => [token.id, token]));
  const news = after.flatMap((token) => {
    const was = old.get(token.id);
    old.delete(token.id);
    if (was === undefined) return [`token-created ${token.id}`];
    return [
      ...(was.name === token.name ? [] : [`token-renamed ${token.id}`]),
      ...(was.enabled === token.enabled ? [] : [`token-${token.enabled ? 'enabled' : 'disabled'} ${token.id}`]),
    ];
  });
  return [...news, ...[...old.keys()].map((id) => `token-removed ${id}`)].sort();
}

test('whatever sequence of wrong answers comes, a complete audit tells what changed since the last one, and a failed one nothing', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(day, { minLength: 1, maxLength: 5 }), async (days) => {
      let number = 1000;
      await using bench = await startAuditBench(context, organizationTokens(230));
      const { omni } = bench;
      await bench.completeAudit();
      let believed = structuredClone(omni.organisation.tokens);
      for (const { changes, faults } of [...days, { changes: [], faults: [] }]) {
        for (const kind of changes) {
          number += 1;
          change(omni.organisation.tokens, kind, number);
        }
        misbehaveInTurn(omni, faults);
        bench.deps = { omni: someOmniApi(omni.baseUrl) };
        const audit = await bench.audit();
        omni.intercept = undefined;
        const told = bench
          .rows(`SELECT kind || ' ' || subject AS told FROM findings WHERE run_id = ${audit.runId}`)
          .map((row) => String(row.told))
          .sort();
        tally.audits += 1;
        assert.deepEqual(told, audit.status === 'failed' ? [] : newsBetween(believed, omni.organisation.tokens));
        if (audit.status === 'complete') believed = structuredClone(omni.organisation.tokens);
        if (faults.length === 0) assert.equal(audit.status, 'complete');
      }
    }),
    { numRuns: isFull ? 300 : 12, seed },
  );
});

/** Each fault once, each some requests after the one before. */
function misbehaveInTurn(
  omni: Parameters<typeof spoil>[0],
  faults: readonly { afterRequests: number; fault: string }[],
): void {
  const [next, ...others] = faults;
  if (next === undefined) {
    omni.intercept = undefined;
    return;
  }
  const { spoiler } = answerFaults[next.fault] ?? {};
  assert.ok(spoiler);
  let left = next.afterRequests;
  spoil(
    omni,
    (exchange) => {
      left -= 1;
      if (left >= 0 || !spoiler(exchange)) return false;
      tally.faults += 1;
      misbehaveInTurn(omni, others);
      return true;
    },
    'always',
  );
}
