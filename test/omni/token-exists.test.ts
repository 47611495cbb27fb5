import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';
import { OmniError } from '../../src/errors.ts';
import { noAbort } from '../support/no-abort.ts';
import { webPage } from '../support/omni-answers.ts';
import { someOmniApi } from '../support/omni-api.ts';
import { type Fault, inject, oneTokenPath } from '../support/omni-faults.ts';
import { simulated, startSomeOmni } from '../support/some-omni.ts';
import { someTokens, uuid } from '../support/tokens.ts';

function ask({ baseUrl }: OmniSimulator, id: string, signal = noAbort): Promise<boolean> {
  return someOmniApi(baseUrl).tokenExists(id, signal);
}

describe('asking for a token by its id', () => {
  test('answers whether Omni knows it, with one request', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(3)) });
    assert.equal(await ask(omni, uuid(2)), true);
    assert.equal(await ask(omni, uuid(4)), false);
    assert.deepEqual(
      omni.requests.map(({ method, path, status }) => `${method} ${path} ${status}`),
      [`GET /api/v1/api-keys/${uuid(2)} 200`, `GET /api/v1/api-keys/${uuid(4)} 404`],
    );
  });

  test('takes a disabled token for one that is there', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(3)) });
    Object.assign(omni.organisation.tokens[0] ?? {}, { enabled: false });
    assert.equal(await ask(omni, uuid(1)), true);
  });

  const faults: Record<string, [Omit<Fault, 'at'>, number | undefined]> = {
    'a 404 that is a web page': [{ status: 404, ...webPage }, 404],
    'a 404 of unknown type': [{ status: 404, contentType: 'text/plain', body: 'no' }, 404],
    'a 400, as for an id that is no UUID': [{ status: 400 }, 400],
    'a 403': [{ status: 403 }, 403],
    'a 410': [{ status: 410 }, 410],
    'a 500 that stays': [{ status: 500 }, 500],
    'a web page in place of the token': [webPage, undefined],
  };
  for (const [what, [fault, status]] of Object.entries(faults)) {
    test(`fails over ${what}, which proves nothing`, async () => {
      await using omni = await startSomeOmni({ tokens: simulated(someTokens(3)) });
      inject(omni, { at: oneTokenPath, ...fault });
      await assert.rejects(ask(omni, uuid(4)), (error) => {
        assert.ok(error instanceof OmniError, String(error));
        assert.equal(error.status, status);
        assert.match(error.message, /^asking for one token by its id /);
        return true;
      });
    });
  }

  test('ends with the reason of the abort', async () => {
    await using omni = await startSomeOmni({ tokens: simulated(someTokens(3)) });
    const reason = new Error('told to stop');
    await assert.rejects(ask(omni, uuid(1), AbortSignal.abort(reason)), (error) => error === reason);
  });
});
