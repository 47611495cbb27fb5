import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Token } from '../../../src/rules/token.ts';
import { type AuditBench, startAuditBench } from '../../support/audit-bench.ts';
import { someKey } from '../../support/tokens.ts';
import type { Demand } from './answer-faults.ts';
import { tally } from './tally.ts';

/** Returns tokens without owners, so that only the list decides what is found. */
export function organizationTokens(count: number): Token[] {
  return Array.from({ length: count }, (_, index) => someKey(index + 1));
}

/** Three pages, and whoami. */
const honestRequestCount = 4;

export interface Trial {
  bench: AuditBench;
  /**
   * Renames a token, audits with a fault, and audits again without it. Only the rename must be reported,
   * and only once. `misbehave` returns the dependencies that the first audit needs.
   */
  run(demand: Demand, misbehave: () => AuditBench['deps']): Promise<void>;
}

export async function startTrial(context: TestContext): Promise<Trial> {
  const bench = await startAuditBench(context, organizationTokens(250));
  await bench.completeAudit();
  const reportedAfter = (runId: number): unknown[] =>
    bench.rows(`SELECT kind, token_name AS name FROM findings WHERE run_id > ${runId} ORDER BY id`);
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
        assert.ok(audit.status === 'failed', 'the audit did not fail');
        assert.ok(audit.error instanceof Error);
        assert.match(audit.error.message, 'once' in demand ? demand.once : demand.always);
        assert.ok(audit.error.message.length < 400, 'the message is long');
        assert.deepEqual(reportedAfter(lastRunId), []);
        assert.doesNotMatch(JSON.stringify(bench.log), /Please sign in/);
      } else {
        if (audit.status === 'failed') throw audit.error;
        const incompleteWalks = bench.log.filter(({ msg }) => msg === 'the listing was not proved complete').length;
        assert.equal(incompleteWalks, demand === 'walked again' ? 1 : 0);
        const repeats = bench.omni.requests.length - honestRequestCount;
        if (demand !== 'walked again') assert.equal(repeats, demand === 'asked again' ? 1 : 0);
      }
      await bench.completeAudit();
      tally.audits += 2;
      assert.deepEqual(reportedAfter(lastRunId), [{ kind: 'token-renamed', name }]);
    },
  };
}
