import assert from 'node:assert/strict';
import { createServer as createTlsServer } from 'node:https';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';
import type { Token } from '../../src/rules/token.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { closedPort, listen } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { someKey } from '../support/tokens.ts';
import { type AnswerFault, answerFaults } from './support/answer-faults.ts';
import { organizationTokens, startTrial } from './support/answer-trial.ts';
import { spoil } from './support/spoilers.ts';
import { isFull, seed, tally } from './support/tally.ts';

/** Returns what a run reports about tokens, each as `kind id`. */
function reportedBy(bench: AuditBench, runId: number | null): string[] {
  return bench
    .rows(`SELECT kind || ' ' || subject AS finding FROM findings WHERE run_id = ${runId} AND kind LIKE 'token-%'`)
    .map(({ finding }) => String(finding))
    .sort();
}

test('a wrong answer to a request for the list never becomes a finding, and hides no change', async (context) => {
  const trial = await startTrial(context);
  const { omni } = trial.bench;
  for (const { name, spoiler, demand, timeoutMs } of answerFaults) {
    await context.test(name, () =>
      trial.run(demand, () => {
        spoil(omni, spoiler, typeof demand === 'object' && 'always' in demand ? 'always' : 'once');
        return timeoutMs === undefined
          ? {}
          : { omni: someOmniApi(omni.baseUrl, { timeoutMs, clock: trial.bench.clock }) };
      }),
    );
  }
});

describe('an audit that cannot reach Omni fails and concludes nothing,', () => {
  async function selfSigned(context: TestContext): Promise<string> {
    const server = createTlsServer(localhostCertificate, () => assert.fail('a request came through'));
    context.after(() => server.close());
    return `https://localhost:${await listen(server, 0, 'localhost')}`;
  }

  const addresses: [why: string, baseUrl: (context: TestContext, omni: OmniSimulator) => Promise<string>, RegExp][] = [
    ['because no server listens at its address', async () => `http://127.0.0.1:${await closedPort()}`, /ECONNREFUSED/],
    ['because its host name does not exist', async () => 'https://acme.invalid', /ENOTFOUND|EAI_AGAIN/],
    ['because its certificate is self-signed, and sends it no token', selfSigned, /self-signed/],
    ['because it does not use TLS', async (_, { baseUrl }) => baseUrl.replace('http:', 'https:'), /SSL|wrong version/i],
  ];
  for (const [why, baseUrl, cause] of addresses) {
    test(why, async (context) => {
      const trial = await startTrial(context);
      const omni = someOmniApi(await baseUrl(context, trial.bench.omni), { timeoutMs: 2000 });
      await trial.run({ always: new RegExp(`could not reach Omni \\(.*(${cause.source})`, cause.flags) }, () => ({
        omni,
      }));
    });
  }
});

/** What changes between two audits, and which requests for the list get a wrong answer. */
interface Day {
  changes: string[];
  faults: { afterRequests: number; fault: AnswerFault }[];
}

/** The faults that do not make the client wait. */
const quickFaults = answerFaults.filter(({ timeoutMs }) => timeoutMs === undefined);
const day: fc.Arbitrary<Day> = fc.record({
  changes: fc.array(fc.constantFrom('create', 'remove', 'switch', 'rename'), { maxLength: 4 }),
  faults: fc.array(fc.record({ afterRequests: fc.nat(6), fault: fc.constantFrom(...quickFaults) }), { maxLength: 5 }),
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

/** Returns the differences between two listings, each as `kind id`. */
function differences(before: readonly Token[], after: readonly Token[]): string[] {
  const old = new Map(before.map((token) => [token.id, token]));
  const found = after.flatMap(({ id, name, enabled }) => {
    const was = old.get(id);
    old.delete(id);
    if (was === undefined) return [`token-created ${id}`];
    return [
      ...(was.name === name ? [] : [`token-renamed ${id}`]),
      ...(was.enabled === enabled ? [] : [`token-${enabled ? 'enabled' : 'disabled'} ${id}`]),
    ];
  });
  return [...found, ...[...old.keys()].map((id) => `token-removed ${id}`)].sort();
}

/** Lets each fault happen once, some requests after the previous one. */
function misbehave(omni: OmniSimulator, [next, ...others]: Day['faults']): void {
  omni.intercept = undefined;
  if (next === undefined) return;
  let left = next.afterRequests;
  spoil(
    omni,
    (exchange) => {
      left -= 1;
      if (left >= 0 || !next.fault.spoiler(exchange)) return false;
      tally.faults += 1;
      misbehave(omni, others);
      return true;
    },
    'always',
  );
}

test('after any sequence of wrong answers, a complete audit reports what changed since the last one, and a failed audit reports nothing', async (context) => {
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
        misbehave(omni, faults);
        const audit = await bench.audit();
        omni.intercept = undefined;
        tally.audits += 1;
        const { tokens } = omni.organisation;
        const expected = audit.status === 'failed' ? [] : differences(believed, tokens);
        assert.deepEqual(reportedBy(bench, audit.runId), expected);
        if (audit.status === 'complete') believed = structuredClone(tokens);
        if (faults.length === 0) assert.equal(audit.status, 'complete');
      }
    }),
    { numRuns: isFull ? 300 : 12, seed },
  );
});
