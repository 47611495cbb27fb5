import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';
import { noAbort } from '../support/no-abort.ts';
import { webPage } from '../support/omni-answers.ts';
import { apiToken, someOmniApi } from '../support/omni-api.ts';
import { inject, whoamiPath } from '../support/omni-faults.ts';
import { administrator, simulated, startSomeOmni } from '../support/some-omni.ts';
import { someTokens } from '../support/tokens.ts';

function simulate(credential = administrator, hasWhoami = true): Promise<OmniSimulator> {
  return startSomeOmni({ tokens: simulated(someTokens(3)), credentials: { [apiToken]: credential }, hasWhoami });
}

describe('whoami', () => {
  for (const credential of [administrator, { keyScope: 'user', orgRole: 'MEMBER' }] as const) {
    test(`says that the credential is ${credential.keyScope}-scoped, ${credential.orgRole}`, async () => {
      await using omni = await simulate(credential);
      assert.deepEqual(await someOmniApi(omni.baseUrl).whoami(noAbort), credential);
      assert.equal(omni.requests.length, 1);
    });
  }

  test('says nothing on an instance that is too old for it', async () => {
    await using omni = await simulate(administrator, false);
    assert.equal(await someOmniApi(omni.baseUrl).whoami(noAbort), null);
  });

  for (const body of [{}, null, [], { keyScope: 'user' }, { keyScope: '', orgRole: 'MEMBER' }, { keyScope: 5 }]) {
    test(`says nothing when it answers ${JSON.stringify(body)}`, async () => {
      await using omni = await simulate();
      inject(omni, { at: whoamiPath, body: JSON.stringify(body) });
      assert.equal(await someOmniApi(omni.baseUrl).whoami(noAbort), null);
    });
  }

  for (const [what, fault] of Object.entries({
    'is refused': { status: 403 },
    'answers 500': { status: 500 },
    'answers a web page': webPage,
  })) {
    test(`fails where it ${what}`, async () => {
      await using omni = await simulate();
      inject(omni, { at: whoamiPath, ...fault });
      await assert.rejects(someOmniApi(omni.baseUrl).whoami(noAbort), /^\w*Error: asking whoami /);
    });
  }
});
