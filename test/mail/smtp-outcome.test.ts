import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSmtpError } from '../../src/mail/smtp-outcome.ts';

interface Failure {
  code?: string;
  command?: string;
  responseCode?: number;
  originalCode?: string;
  timeoutType?: string;
}

function failure(fields: Failure, message = 'the server said no'): Error {
  return Object.assign(new Error(message), fields);
}

/** `unavailable-all`: no other mail could go out now either. */
type Verdict = 'refused' | 'deferred' | 'unavailable' | 'unavailable-all';

const table: [Failure, Verdict][] = [
  // About the recipient or the message.
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, 'refused'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 553 }, 'refused'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 450 }, 'deferred'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 452 }, 'deferred'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 552 }, 'refused'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 554 }, 'refused'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 451 }, 'deferred'],
  // Too large for the server, told before or after it was asked.
  [{ code: 'EMESSAGE', command: 'MAIL FROM' }, 'refused'],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 552 }, 'refused'],
  // About the server or the sender, although a recipient was named.
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 421 }, 'unavailable'],
  [{ code: 'EMESSAGE', command: 'DATA', responseCode: 421 }, 'unavailable'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 530 }, 'unavailable'],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }, 'unavailable'],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 452 }, 'unavailable'],
  [{ code: 'EENVELOPE', command: 'RCPT TO' }, 'unavailable'],
  [{ code: 'ECONNECTION', command: 'DATA' }, 'unavailable'],
  // Before any mail was named.
  [{ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 }, 'unavailable-all'],
  [{ code: 'EAUTH', command: 'AUTH LOGIN', responseCode: 454 }, 'unavailable-all'],
  [{ code: 'ETLS', command: 'STARTTLS', responseCode: 454 }, 'unavailable-all'],
  [{ code: 'EPROTOCOL', command: 'EHLO', responseCode: 550 }, 'unavailable-all'],
  [{ code: 'EPROTOCOL', command: 'HELO', responseCode: 421 }, 'unavailable-all'],
  [{ code: 'EDNS', command: 'CONN' }, 'unavailable-all'],
  [{ code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNREFUSED' }, 'unavailable-all'],
  [{ code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'CONNECTION_TIMEOUT' }, 'unavailable-all'],
  [{ code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'GREETING_TIMEOUT' }, 'unavailable-all'],
  // A connection that broke on the way: perhaps this mail's doing.
  [{ code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNRESET' }, 'unavailable'],
  [{ code: 'ESOCKET', command: 'CONN', originalCode: 'EPIPE' }, 'unavailable'],
  [{ code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'SOCKET_TIMEOUT' }, 'unavailable'],
  // Nothing known.
  [{}, 'unavailable'],
  [{ responseCode: 550 }, 'unavailable'],
];

const asSaid = (reply: string): string => reply;

describe('a failure of SMTP', () => {
  for (const [fields, verdict] of table) {
    test(`is ${verdict} for ${JSON.stringify(fields)}`, () => {
      const reason = 'the server said no';

      const outcome = readSmtpError(failure(fields), asSaid);

      const expected = verdict.startsWith('unavailable')
        ? { kind: 'unavailable', reason, affectsAll: verdict === 'unavailable-all' }
        : { kind: verdict, reason };
      assert.deepEqual(outcome, expected);
    });
  }

  test('is told on one line of bounded length', () => {
    const outcome = readSmtpError(failure({}, `550-first\r\n550\tsecond ${'x'.repeat(5000)}`), asSaid);

    assert.ok(outcome.kind === 'unavailable');
    assert.match(outcome.reason, /^550-first 550 second x+$/);
    assert.equal(outcome.reason.length, 300);
  });

  test('is told without what may not be repeated, also where the cut would leave a part of it', () => {
    const said = failure({}, `550 ${'x'.repeat(290)} hunter2-and-more`);
    const outcome = readSmtpError(said, (reply) => reply.replace('hunter2-and-more', '[secret]'));

    assert.ok(outcome.kind === 'unavailable');
    assert.doesNotMatch(outcome.reason, /hunter/);
  });

  test('may be anything that was thrown', () => {
    assert.deepEqual(readSmtpError('odd', asSaid), { kind: 'unavailable', reason: 'odd', affectsAll: false });
    assert.equal(readSmtpError(undefined, asSaid).kind, 'unavailable');
  });

  test('is not misled by fields of another type', () => {
    const odd = Object.assign(new Error('odd'), { code: 550, command: ['RCPT TO'], responseCode: '550' });

    assert.deepEqual(readSmtpError(odd, asSaid), { kind: 'unavailable', reason: 'odd', affectsAll: false });
  });
});
