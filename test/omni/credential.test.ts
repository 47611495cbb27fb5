import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';
import { askWhoami, probeCredential } from '../../src/omni/credential.ts';
import { noAbort } from '../support/no-abort.ts';
import { webPage } from '../support/omni-answers.ts';
import { apiToken, someOmniClient } from '../support/omni-client.ts';
import { inject, whoamiPath } from '../support/omni-faults.ts';
import { administrator, simulated, startSomeOmni } from '../support/some-omni.ts';
import { someTokens } from '../support/tokens.ts';

function simulate(credential = administrator, hasWhoami = true): Promise<OmniSimulator> {
  return startSomeOmni({ tokens: simulated(someTokens(3)), credentials: { [apiToken]: credential }, hasWhoami });
}

describe('whoami', () => {
  for (const credential of [administrator, { keyScope: 'user', orgRole: 'MEMBER' }] as const) {
    test(`tells of a credential that is ${credential.keyScope}-scoped, ${credential.orgRole}`, async () => {
      await using omni = await simulate(credential);
      assert.deepEqual(await askWhoami(someOmniClient(omni.baseUrl), noAbort), credential);
      assert.equal(omni.requests.length, 1);
    });
  }

  test('tells nothing on an instance that is too old for it', async () => {
    await using omni = await simulate(administrator, false);
    assert.equal(await askWhoami(someOmniClient(omni.baseUrl), noAbort), null);
  });

  for (const body of [{}, null, [], { keyScope: 'user' }, { keyScope: '', orgRole: 'MEMBER' }, { keyScope: 5 }]) {
    test(`tells nothing when it says ${JSON.stringify(body)}`, async () => {
      await using omni = await simulate();
      inject(omni, { at: whoamiPath, body: JSON.stringify(body) });
      assert.equal(await askWhoami(someOmniClient(omni.baseUrl), noAbort), null);
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
      await assert.rejects(askWhoami(someOmniClient(omni.baseUrl), noAbort), /^\w*Error: asking whoami /);
    });
  }
});

describe('the probe of the credential', () => {
  test('tells what it is and how many tokens Omni counts', async () => {
    await using omni = await simulate();
    assert.deepEqual(await probeCredential(someOmniClient(omni.baseUrl), noAbort), {
      credential: administrator,
      totalRecords: 3,
    });
  });

  test('tells the number alone where there is no whoami', async () => {
    await using omni = await simulate(administrator, false);
    assert.deepEqual(await probeCredential(someOmniClient(omni.baseUrl), noAbort), {
      credential: null,
      totalRecords: 3,
    });
  });

  test('fails where tokens cannot be listed, and asks nothing more', async () => {
    await using omni = await simulate({ keyScope: 'user', orgRole: 'MEMBER' });
    await assert.rejects(probeCredential(someOmniClient(omni.baseUrl), noAbort), {
      name: 'CredentialRefusedError',
      status: 403,
    });
    assert.equal(omni.requests.length, 1);
  });
});
