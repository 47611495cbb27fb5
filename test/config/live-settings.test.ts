import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keepUntilRestart, orLastValid } from '../../src/config/live-settings.ts';
import { ConfigError } from '../../src/errors.ts';
import { createLogger } from '../../src/logging.ts';
import { recordLog } from '../support/log-lines.ts';

describe('the settings of a running worker', () => {
  test('are read again, except for those that take effect at a start, which are logged when they change', () => {
    const { destination, lines } = recordLog();
    let env: NodeJS.ProcessEnv = { AUDIT_CRON: '0 7 * * *', MAIL_TO: 'a@acme.example' };
    const read = keepUntilRestart(() => env, createLogger('info', destination));
    env = { AUDIT_CRON: '0 8 * * *', MAIL_TO: 'b@acme.example', DATABASE_PATH: './other.db' };
    for (let times = 0; times < 2; times += 1) {
      assert.deepEqual(
        { ...read() },
        {
          AUDIT_CRON: '0 7 * * *',
          MAIL_TO: 'b@acme.example',
          DATABASE_PATH: undefined,
          AUDIT_TIMEZONE: undefined,
          LOG_LEVEL: undefined,
        },
      );
    }
    env = { AUDIT_CRON: '0 7 * * *' };
    read();
    assert.deepEqual(
      lines.map(({ variable }) => variable),
      ['DATABASE_PATH', 'AUDIT_CRON'],
    );
  });

  test('stay the last valid ones when they become invalid, and the problem is logged once', () => {
    const { destination, lines } = recordLog();
    let answer: string | ConfigError = 'first';
    const load = orLastValid(
      () => {
        if (answer instanceof ConfigError) throw answer;
        return answer;
      },
      createLogger('info', destination),
    );
    assert.equal(load(), 'first');
    answer = new ConfigError(['MAIL_TO is not set']);
    assert.deepEqual([load(), load()], ['first', 'first']);
    assert.equal(lines.length, 1);
    answer = 'second';
    assert.equal(load(), 'second');
  });

  test('are refused if they were never valid', () => {
    const { destination } = recordLog();
    const load = orLastValid(
      () => {
        throw new ConfigError(['MAIL_TO is not set']);
      },
      createLogger('info', destination),
    );
    assert.throws(load, ConfigError);
  });
});
