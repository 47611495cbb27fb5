import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, ConfigError, OmniError } from '../src/errors.ts';
import { describeError, type Logger } from '../src/logging.ts';
import { recordLog } from './support/log-lines.ts';
import { unseen } from './support/unseen.ts';

/** Returns an error as HTTP libraries throw it, with everything that went over the wire. */
function leakyError(): Error {
  return Object.assign(new Error('answered 500'), {
    code: 'ERR_HTTP',
    status: 500,
    request: { headers: { authorization: 'Bearer hunter2' } },
    headers: { 'set-cookie': 'hunter2' },
    response: { body: 'hunter2' },
    body: 'hunter2',
    options: { auth: { pass: 'hunter2' } },
  });
}

describe('the log', () => {
  test('writes each entry of its level or above as one JSON line with the level in words and the UTC time', () => {
    const { log, lines, written } = recordLog('warn');
    log.info('not written');
    log.warn({ deliveryId: 7 }, 'delivery will be retried\nreally');

    assert.equal(written.length, 1);
    assert.match(written[0] ?? '', /^[^\n]*\n$/);
    const { time, ...entry } = lines[0] ?? {};
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const msg = 'delivery will be retried\nreally';
    assert.deepEqual(entry, { level: 'warn', name: 'omni-token-audit', deliveryId: 7, msg });
  });

  test('has no invisible character of an error, which may repeat text of others, and keeps the text', () => {
    const { log, lines, written } = recordLog();
    log.error({ err: new AppError('refused \u202e\u0085', { hint: '\ufeff' }) }, 'failed');
    assert.doesNotMatch((written[0] ?? '').trimEnd(), unseen);
    assert.deepEqual(lines[0]?.err, { type: 'AppError', message: 'refused \u202e\u0085', hint: '\ufeff' });
  });

  for (const [how, write] of [
    ['as err', (log: Logger, error: Error) => log.error({ err: error }, 'failed')],
    ['as the entry itself', (log: Logger, error: Error) => log.error(error)],
    ['by a child logger', (log: Logger, error: Error) => log.child({ runId: 1 }).error({ err: error }, 'failed')],
    ['as a cause', (log: Logger, error: Error) => log.error({ err: new Error('outer', { cause: error }) }, 'failed')],
  ] as const) {
    test(`hides what went over the wire when an error is logged ${how}`, () => {
      const { log, written } = recordLog();
      write(log, leakyError());
      assert.match(written.join(''), /answered 500/);
      assert.doesNotMatch(written.join(''), /hunter2/);
    });
  }
});

describe('an error in the log', () => {
  test('has its type, message and the allowed plain fields, and a stack if it is unexpected', () => {
    const { stack, ...described } = describeError(leakyError());
    assert.deepEqual(described, { type: 'Error', message: 'answered 500', code: 'ERR_HTTP', status: 500 });
    assert.match(String(stack), /^Error: answered 500\n\s+at /);
  });

  for (const [what, thrown, described] of [
    [
      'an error of the program, which keeps its hint',
      new OmniError('refused', { status: 401, hint: 'Make a new key' }),
      { type: 'OmniError', message: 'refused', status: 401, hint: 'Make a new key' },
    ],
    [
      'about wrong settings, and lists every problem',
      new ConfigError(['one']),
      { type: 'ConfigError', message: '1 problem in the configuration:\n  one', hint: '', problems: ['one'] },
    ],
    [
      'an error with an object in an allowed field, which is left out',
      Object.assign(new Error('odd'), { code: { token: 'hunter2' }, hint: '' }),
      { type: 'Error', message: 'odd', hint: '' },
    ],
    [
      'an error with a cause, whose stack is left out',
      new AppError('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNREFUSED' }) }),
      {
        type: 'AppError',
        message: 'outer',
        hint: '',
        cause: { type: 'Error', message: 'inner', code: 'ECONNREFUSED' },
      },
    ],
    ['a thrown string', 'a string', { message: 'a string' }],
    ['a thrown symbol', Symbol('odd'), { message: 'a thrown symbol' }],
    ['a thrown object that cannot become a string', Object.create(null), { message: 'a thrown object' }],
  ] as const) {
    test(`is described safely if it is ${what}`, () => assert.deepEqual(describeError(thrown), described));
  }

  test('has at most four causes, even if it causes itself', () => {
    const circular = new AppError('round and round');
    circular.cause = circular;
    const described = JSON.stringify(describeError(circular));
    assert.equal(described.split('"cause"').length - 1, 4);
  });
});
