import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Token } from '../../../src/rules/token.ts';
import { type AuditBench, startAuditBench } from '../../support/audit-bench.ts';
import { someKey } from '../../support/tokens.ts';
import type { Demand } from './answer-fault.ts';
import { tally } from './tally.ts';

/** Of no owner, so that nothing but the list decides what is found. */
export function organizationTokens(count: number): Token[] {
  return Array.from({ length: count }, (_, index) => someKey(index + 1));
}

/** Three pages, and whoami. */
const honestRequestCount = 4;

export interface Trial {
  bench: AuditBench;
  /**
   * Renames a token, audits under a fault, and once more without it: the new name must be told
   * once, and nothing else. `misbehave` answers the dependencies that the first audit needs.
   */
  run(demand: Demand, misbehave: () => AuditBench['deps']): Promise<void>;
}

export async function startTrial(context: TestContext, tokens = organizationTokens(250)): Promise<Trial> {
  const bench = await startAuditBench(context, tokens);
  await bench.completeAudit();
  const told = (sinceRunId: number): unknown[] =>
    bench.rows(`SELECT kind, token_name AS name FROM findings WHERE run_id > ${sinceRunId} ORDER BY id`);
  let renames = 0;

  return {
    bench,
    async run(demand, misbehave) {
      renames += 1;
      const name = `renamed ${renames}`;
      const [token] = bench.omni.organisation.tokens;
      assert.ok(token);
      token.name = name;
      bench.omni.requests.length = 0;
      bench.log.length = 0;
      bench.deps = misbehave();
      const lastRunId = Number(bench.rows('SELECT max(id) AS id FROM runs')[0]?.id);
      const audit = await bench.audit();
      bench.deps = {};
      bench.omni.intercept = undefined;
      tally.faults += 1;
      if (typeof demand === 'object') {
        assertFailed(audit, demand.failed);
        assert.deepEqual(told(lastRunId), []);
        assert.doesNotMatch(JSON.stringify(bench.log), /Please sign in|NEVER-TO-BE-SEEN/);
      } else {
        if (audit.status === 'failed') throw audit.error;
        assertWent(demand, bench);
      }
      await bench.completeAudit();
      tally.audits += 2;
      assert.deepEqual(told(lastRunId), [{ kind: 'token-renamed', name }]);
    },
  };
}

function assertFailed(audit: Awaited<ReturnType<AuditBench['audit']>>, message: RegExp): void {
  assert.ok(audit.status === 'failed', 'the audit did not fail');
  assert.ok(audit.error instanceof Error);
  assert.match(audit.error.message, message);
  assert.ok(audit.error.message.length < 400, 'the message is long');
}

function assertWent(demand: Exclude<Demand, object>, { omni, log }: AuditBench): void {
  const walksInVain = log.filter(({ msg }) => msg === 'the listing was not proved complete').length;
  switch (demand) {
    case 'harmless':
      assert.deepEqual([omni.requests.length, walksInVain], [honestRequestCount, 0]);
      break;
    case 'asked again':
      assert.deepEqual([omni.requests.length, walksInVain], [honestRequestCount + 1, 0]);
      break;
    case 'walked again':
      assert.equal(walksInVain, 1);
      break;
    default:
      demand satisfies never;
  }
}
