import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearse } from '../../src/audit/rehearse.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig, startParts } from '../../src/config/settings.ts';
import { createLogger } from '../../src/logging.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { createOmniApi } from '../../src/omni/create-omni-api.ts';
import { createOmniHttp } from '../../src/omni/http.ts';
import { noAbort } from '../support/no-abort.ts';
import { createWorld } from '../support/world.ts';

test('a rehearsal ends although Omni asks for an hour of patience again and again', async () => {
  await using world = await createWorld();
  world.omni.intercept = (_request, response) => {
    response.writeHead(429, { 'retry-after': '3600' }).end();
    return true;
  };
  const log = createLogger('silent');
  const settings = loadConfig(world.env, startParts);
  const points = rehearse(
    () => ({
      settings,
      advice: [],
      route: 'directly',
      register: { kind: 'none' },
      checkDatabase: () => ({ message: 'is ready' }),
      adoption: null,
      omni: createOmniApi(createOmniHttp({ config: settings.omni, clock: systemClock, log })),
      mailer: createMailer(settings.smtp),
      now: new Date(),
      maxOmniMs: 1000,
    }),
    noAbort,
  );
  for await (const { what, isFine, message } of points) {
    if (what !== 'Omni') continue;
    assert.deepEqual(
      [isFine, message],
      [false, 'no complete answer within 1 second: listing tokens, page 1, failed with 429: too many requests'],
    );
    return;
  }
  assert.fail('Omni was not tried');
});
