import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSmtpError } from '../../src/mail/smtp-outcome.ts';

/** Failures by the outcome that they lead to. */
const failures: Record<'refused' | 'deferred' | 'unavailable for this mail' | 'unavailable for all', object[]> = {
  refused: [
    { command: 'RCPT TO', responseCode: 550 },
    { command: 'DATA', responseCode: 554 },
    // Too large: nodemailer compared it with the announced limit, or the server did.
    { code: 'EMESSAGE', command: 'MAIL FROM' },
    { command: 'MAIL FROM', responseCode: 552 },
  ],
  deferred: [
    { command: 'RCPT TO', responseCode: 450 },
    { command: 'DATA', responseCode: 451 },
  ],
  'unavailable for this mail': [
    { command: 'RCPT TO', responseCode: 421 },
    { command: 'RCPT TO', responseCode: 530 },
    { command: 'RCPT TO' },
    { command: 'MAIL FROM', responseCode: 550 },
    { command: 'MAIL FROM', responseCode: 452 },
    { responseCode: 550 },
    // The connection broke, and this mail may be the reason.
    { code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNRESET' },
    { code: 'ESOCKET', command: 'CONN', originalCode: 'EPIPE' },
    { code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'SOCKET_TIMEOUT' },
  ],
  'unavailable for all': [
    { code: 'EPROTOCOL', command: 'EHLO', responseCode: 550 },
    { code: 'EPROTOCOL', command: 'HELO', responseCode: 421 },
    { command: 'STARTTLS', responseCode: 454 },
    { command: 'AUTH LOGIN', responseCode: 454 },
    { command: 'MAIL FROM', responseCode: 530 },
    { code: 'EDNS', command: 'CONN' },
    { code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNREFUSED' },
    { code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'CONNECTION_TIMEOUT' },
  ],
};

const reason = 'the server refused';

function read(fields: object, message = reason) {
  return readSmtpError(Object.assign(new Error(message), fields), (reply) =>
    reply.replace('hunter2-and-more', '[secret]'),
  );
}

describe('a failure of SMTP', () => {
  for (const [verdict, cases] of Object.entries(failures)) {
    for (const fields of cases) {
      test(`is ${verdict}: ${JSON.stringify(fields)}`, () => {
        const expected = verdict.startsWith('unavailable')
          ? { kind: 'unavailable', reason, affectsAll: verdict === 'unavailable for all' }
          : { kind: verdict, reason };
        assert.deepEqual(read(fields), expected);
      });
    }
  }

  test('concerns all mail if the server sends a refusal instead of a greeting', () => {
    const fields = { code: 'EPROTOCOL', command: 'CONN' };
    const [greeting, endless] = [read(fields, 'Invalid greeting: 554'), read(fields, 'the reply is too long')];
    assert.ok(greeting.kind === 'unavailable' && greeting.affectsAll);
    assert.ok(endless.kind === 'unavailable' && !endless.affectsAll);
  });

  test('is reported on one line of bounded length', () => {
    const outcome = read({}, `550-first\r\n550\tsecond ${'x'.repeat(5000)}`);
    assert.ok(outcome.kind === 'unavailable');
    assert.match(outcome.reason, /^550-first 550 second x+$/);
    assert.equal(outcome.reason.length, 300);
  });

  test('is reported without a secret, even if the line is cut in the middle of one', () => {
    const outcome = read({}, `550 ${'x'.repeat(290)} hunter2-and-more`);
    assert.ok(outcome.kind === 'unavailable');
    assert.doesNotMatch(outcome.reason, /hunter/);
  });

  test('may be anything that can be thrown', () => {
    const asSent = (reply: string): string => reply;
    const unknown = { kind: 'unavailable', affectsAll: false } as const;
    assert.deepEqual(readSmtpError('odd', asSent), { ...unknown, reason: 'odd' });
    assert.deepEqual(read({ code: 550, command: ['RCPT TO'], responseCode: '550' }), { ...unknown, reason });
  });
});
