import assert from 'node:assert/strict';
import { createServer as createTlsServer } from 'node:https';
import { describe, test } from 'node:test';
import { closedPort, listen } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { someToken, uuid } from '../support/tokens.ts';
import { spoil } from './support/answer-fault.ts';
import { answerFaults } from './support/answer-faults.ts';
import { startTrial, type Trial } from './support/answer-trial.ts';

describe('what comes in the place of an honest answer', () => {
  test('is of at least forty kinds here', () => {
    assert.ok(Object.keys(answerFaults).length >= 40);
  });

  test('never becomes a finding, and no change is lost by it', async (context) => {
    const trial = await startTrial(context);
    const { omni } = trial.bench;
    for (const [name, { spoiler, howOften, demand, timeoutMs }] of Object.entries(answerFaults)) {
      await context.test(name, () =>
        trial.run(demand, () => {
          spoil(omni, spoiler, howOften);
          return timeoutMs === undefined ? {} : { omni: someOmniApi(omni.baseUrl, { timeoutMs }) };
        }),
      );
    }
  });
});

describe('an Omni that cannot be reached fails the audit, and nothing is concluded', () => {
  const reach = async (trial: Trial, baseUrl: string, failed: RegExp): Promise<void> => {
    const omni = someOmniApi(baseUrl, { timeoutMs: 2000 });
    await trial.run({ failed }, () => ({ omni }));
    assert.equal(trial.bench.omni.requests.length, 4);
  };

  test('since nobody listens there', async (context) => {
    await reach(
      await startTrial(context),
      `http://127.0.0.1:${await closedPort()}`,
      /could not reach Omni \(.*ECONNREFUSED/,
    );
  });

  test('since its name does not exist', async (context) => {
    await reach(await startTrial(context), 'https://acme.invalid', /could not reach Omni \(.*(ENOTFOUND|EAI_AGAIN)/);
  });

  test('since nobody vouches for its certificate, and the token is not even sent', async (context) => {
    const server = createTlsServer(localhostCertificate, () => assert.fail('a request came through'));
    context.after(() => server.close());
    const port = await listen(server, 0, 'localhost');
    await reach(await startTrial(context), `https://localhost:${port}`, /could not reach Omni \(.*self-signed/);
  });

  test('since it speaks no TLS', async (context) => {
    const trial = await startTrial(context);
    await reach(
      trial,
      trial.bench.omni.baseUrl.replace('http:', 'https:'),
      /could not reach Omni \(.*(SSL|wrong version)/i,
    );
  });
});

describe('an organisation that changes while it is listed', () => {
  /** Something happens before the page with this number is answered. */
  const beforePage = ({ bench }: Trial, number: number, happen: () => void): void =>
    spoil(
      bench.omni,
      ({ page }) => {
        if (page !== number) return false;
        bench.omni.intercept = undefined;
        happen();
        return false;
      },
      'always',
    );

  test('is read with the token that was made meanwhile', async (context) => {
    const { bench, ...trial } = await startTrial(context);
    beforePage({ bench, ...trial }, 3, () => bench.omni.organisation.tokens.push({ ...someToken(900) }));
    await bench.completeAudit();
    await bench.completeAudit();
    const told = bench.rows("SELECT kind, subject FROM findings WHERE kind LIKE 'token-%'");
    assert.deepEqual(told, [{ kind: 'token-created', subject: uuid(900) }]);
  });

  for (const [what, index, runs] of [
    ['already read is told by the next audit', 5, ['2: ', '3: token-removed']],
    ['of the cursor is told by this one, which lists again', 99, ['2: token-removed', '3: ']],
    ['not yet read is told by this one', 240, ['2: token-removed', '3: ']],
  ] as const) {
    test(`loses no removal: a token ${what}`, async (context) => {
      const trial = await startTrial(context);
      beforePage(trial, 2, () => trial.bench.omni.organisation.tokens.splice(index, 1));
      await trial.bench.completeAudit();
      await trial.bench.completeAudit();
      const told = trial.bench.rows(
        `SELECT r.id || ': ' || coalesce(group_concat(f.kind), '') AS told
           FROM runs r LEFT JOIN findings f ON f.run_id = r.id WHERE r.id > 1 GROUP BY r.id ORDER BY r.id`,
      );
      assert.deepEqual(
        told.map((row) => row.told),
        runs,
      );
    });
  }

  test('for ever ends at the deadline', async (context) => {
    const trial = await startTrial(context);
    let made = 1000;
    spoil(
      trial.bench.omni,
      () => {
        for (let count = 0; count < 100; count += 1) {
          made += 1;
          trial.bench.omni.organisation.tokens.push({ ...someToken(made) });
        }
        return false;
      },
      'always',
    );
    trial.bench.deps = { deadlineMs: 300 };
    const audit = await trial.bench.audit();
    assert.ok(audit.status === 'failed');
    assert.match(String(audit.error), /the audit did not finish within .* minutes; it was at page \d+/);
    assert.deepEqual(trial.bench.rows('SELECT * FROM findings'), []);
  });
});
