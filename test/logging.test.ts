import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, ConfigError, OmniError } from '../src/errors.ts';
import { describeError, type Logger } from '../src/logging.ts';
import { recordLog } from './support/log-lines.ts';

/** As an HTTP library throws it: with all that went over the wire. */
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
  test('is one line of JSON for each entry, with a level in words and a UTC time', () => {
    const { log, lines, written } = recordLog();

    log.warn({ deliveryId: 7 }, 'delivery will be retried\nreally');

    assert.equal(written.length, 1);
    assert.match(written[0] ?? '', /^[^\n]*\n$/);
    const [entry] = lines;
    assert.match(entry?.time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(
      { ...entry, time: '' },
      { level: 'warn', time: '', name: 'omni-token-audit', deliveryId: 7, msg: 'delivery will be retried\nreally' },
    );
  });

  test('leaves out what is below its level', () => {
    const { log, lines } = recordLog('warn');

    log.info('quiet');
    log.error('loud');

    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['loud'],
    );
  });

  for (const [how, write] of [
    ['as err', (log: Logger, error: Error) => log.error({ err: error }, 'failed')],
    ['as the entry itself', (log: Logger, error: Error) => log.error(error)],
    ['by a child logger', (log: Logger, error: Error) => log.child({ runId: 1 }).error({ err: error }, 'failed')],
    ['as a cause', (log: Logger, error: Error) => log.error({ err: new Error('outer', { cause: error }) }, 'failed')],
  ] as const) {
    test(`shows nothing that went over the wire of an error logged ${how}`, () => {
      const { log, written } = recordLog();

      write(log, leakyError());

      assert.match(written.join(''), /answered 500/);
      assert.doesNotMatch(written.join(''), /hunter2/);
    });
  }
});

describe('a described error', () => {
  test('holds its name, message, stack and the allowed fields, and no other', () => {
    const described = describeError(leakyError());

    assert.deepEqual(Object.keys(described).toSorted(), ['code', 'message', 'stack', 'status', 'type']);
    assert.equal(described.status, 500);
  });

  test('holds no object where a plain value is allowed', () => {
    const described = describeError(Object.assign(new Error('odd'), { code: { token: 'hunter2' }, hint: '' }));

    assert.deepEqual(described, { type: 'Error', message: 'odd', hint: '' });
  });

  test('has no stack when somebody foresaw it, and keeps the hint', () => {
    const described = describeError(new OmniError('refused', { status: 401, hint: 'make a new key' }));

    assert.deepEqual(described, {
      type: 'OmniError',
      message: 'refused',
      status: 401,
      hint: 'make a new key',
    });
  });

  test('has no stack for any error of the program itself', () => {
    assert.equal('stack' in describeError(new AppError('known')), false);
    assert.equal('stack' in describeError(new ConfigError(['one'])), false);
  });

  test('keeps the stack of an error that nobody foresaw', () => {
    assert.match(String(describeError(new TypeError('surprise')).stack), /TypeError: surprise\n\s+at /);
  });

  test('tells its causes, without their stacks', () => {
    const cause = Object.assign(new Error('inner'), { code: 'ECONNREFUSED' });

    assert.deepEqual(describeError(new AppError('outer', { cause })), {
      type: 'AppError',
      message: 'outer',
      hint: '',
      cause: { type: 'Error', message: 'inner', code: 'ECONNREFUSED' },
    });
  });

  test('tells no more than four causes, even of an error that causes itself', () => {
    const circular = new AppError('round and round');
    circular.cause = circular;

    let depth = 0;
    for (let described: unknown = describeError(circular); depth < 100; depth += 1) {
      const { cause } = described as { cause?: unknown };
      if (cause === undefined) break;
      described = cause;
    }

    assert.equal(depth, 4);
  });

  test('may be anything that was thrown', () => {
    assert.deepEqual(describeError('a string'), { message: 'a string' });
    assert.deepEqual(describeError(undefined), { message: 'a thrown undefined' });
    assert.deepEqual(describeError(Symbol('odd')), { message: 'a thrown symbol' });
  });

  test('may even be an object that cannot be turned into a string', () => {
    assert.equal(typeof describeError(Object.create(null)).message, 'string');
  });
});
