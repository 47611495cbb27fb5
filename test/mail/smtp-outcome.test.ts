import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { SmtpError, type SmtpStep } from '../../src/mail/smtp-failure.ts';
import { readSmtpError } from '../../src/mail/smtp-outcome.ts';

const facts = { reason: 'as explained', isLoggedIn: false };

/** Returns the outcome in a few words. */
function outcomeOf(error: unknown, isLoggedIn = false): string {
  const outcome = readSmtpError(error, { ...facts, isLoggedIn });
  switch (outcome.kind) {
    case 'refused':
      return `refused: ${outcome.stage}`;
    case 'unavailable':
      return outcome.affectsAll ? 'outage' : `waits${outcome.stage === 'message' ? ' aside' : ''}`;
    case 'deferred':
      return `deferred: ${outcome.stage}`;
    default:
      return outcome.kind;
  }
}

function replyAt(command: string, response: string, code = 'EENVELOPE'): SmtpError {
  return new SmtpError(Object.assign(new Error('x'), { code, command, response }), { step: 'connection' });
}

describe('a reply to RCPT TO', () => {
  const replies: Record<string, string[]> = {
    'refused: recipient': [
      '550 5.1.1 <jane@acme.example>: Recipient address rejected: User unknown',
      '550-5.1.1 The account does not exist.\n550 5.1.1 See the help',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound',
      '553 5.1.3 bad address syntax',
      '550 5.2.0 mailbox not available',
      '550 5.2.1 mailbox disabled',
      '550 sorry, no mailbox here by that name (#5.1.1)',
      '550 no such user',
      '550 <auth@acme.example> unknown',
      '551 user not local',
      '553 mailbox name not allowed',
    ],
    waits: [
      // Postfix and Exim refuse the client, the sender or a missing login here.
      '554 5.7.1 <client[192.0.2.1]>: Client host rejected: Access denied',
      '554 5.7.1 <audit@acme.example>: Sender address rejected: Access denied',
      '550 5.7.1 relaying denied',
      '550 5.7.60 client does not have permissions to send as this sender',
      '553 5.7.1 sender address rejected: not owned by user',
      // RFC 3463 3.2: about the sender.
      '550 5.1.7 <audit@acme.example>: Sender address rejected: undeliverable',
      '450 4.1.8 <audit@acme.example>: Sender address rejected: Domain not found',
      // Other forms of an enhanced code: qmail, Cisco and others.
      "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
      '550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.',
      '550 5.7.1: Client host rejected',
      '550 blocked (5.7.1)',
      '550 authentication required',
      '550 SMTP AUTH required',
      '550 Please log in first',
      '550 relay not permitted',
      '552 5.2.2 mailbox full',
      '552 mailbox full',
      '550 5.3.2 system not accepting messages',
      '550 5.4.1 recipient address rejected: access denied',
      '503 5.5.1 send MAIL first',
      '530 5.7.0 must issue STARTTLS first',
      '554 no',
      '530 authentication required',
      '503 bad sequence',
      '421 shutting down',
      'what?',
    ],
    'refused: message': ['552 5.3.4 too large', '552 5.2.3 too large for this mailbox'],
    // Contradicting codes count as temporary.
    'deferred: recipient': [
      '450 4.2.0 greylisted',
      '452 mailbox full',
      '451 4.7.1 later',
      '550 4.2.2 over quota',
      '450 5.1.1 no',
    ],
  };
  for (const [outcome, texts] of Object.entries(replies)) {
    for (const reply of texts) {
      test(`is "${outcome}": ${reply}`, () => assert.equal(outcomeOf(replyAt('RCPT TO', reply)), outcome));
    }
  }

  test('that asks for a login is about the recipient if we are logged in', () => {
    for (const reply of ['550 authentication required', '550 relay not permitted']) {
      assert.equal(outcomeOf(replyAt('RCPT TO', reply), true), 'refused: recipient');
    }
  });
});

describe('a reply to another step', () => {
  const replies: [outcome: string, command: string, reply: string, code?: string][] = [
    ['waits', 'MAIL FROM', '550 5.1.8 sender domain not found'],
    ['waits', 'MAIL FROM', '550 5.7.1 sender not allowed'],
    ['waits', 'MAIL FROM', '550 sender not allowed'],
    ['waits', 'MAIL FROM', '451 4.3.0 later'],
    ['waits', 'MAIL FROM', '421 too busy'],
    ['outage', 'MAIL FROM', '530 authentication required'],
    ['refused: message', 'MAIL FROM', '552 5.3.4 message size exceeds fixed limit'],
    ['refused: message', 'MAIL FROM', '552 too large'],
    ['refused: message', 'DATA', '554 5.7.1 no'],
    ['deferred: message', 'DATA', '451 later'],
    ['deferred: message', 'DATA', '450 4.1.8 sender domain not found'],
    ['waits aside', 'DATA', '421 shutting down'],
    ['refused: message', 'DATA', '550 5.7.1 looks like spam', 'EMESSAGE'],
    ['refused: message', 'DATA', '550 rejected', 'EMESSAGE'],
    ['refused: message', 'DATA', '552 5.3.4 too large', 'EMESSAGE'],
    ['refused: message', 'DATA', '552 too large', 'EMESSAGE'],
    ['deferred: message', 'DATA', '450 scanner is busy', 'EMESSAGE'],
    ['waits aside', 'DATA', '421 shutting down', 'EMESSAGE'],
    ['waits aside', 'DATA', 'what?', 'EMESSAGE'],
    ['outage', 'CONN', '554 no service here', 'EPROTOCOL'],
    ['outage', 'EHLO', '550 who are you', 'EPROTOCOL'],
    ['outage', 'HELO', '421 not now', 'EPROTOCOL'],
    ['outage', 'STARTTLS', '454 not now', 'ETLS'],
    ['outage', 'AUTH LOGIN', '535 5.7.8 wrong password', 'EAUTH'],
    ['outage', 'AUTH PLAIN', '454 4.7.0 temporary failure', 'EAUTH'],
  ];
  for (const [outcome, command, reply, code] of replies) {
    const step = code === 'EMESSAGE' ? 'the mail' : command;
    test(`is "${outcome}": ${reply} (${step})`, () => {
      assert.equal(outcomeOf(replyAt(command, reply, code)), outcome);
    });
  }
});

test('a temporary refusal of the declared size is about the message', () => {
  const outcomeWith = (response: string, declaresSize: boolean): string => {
    const fields = { code: 'EENVELOPE', command: 'MAIL FROM', response };
    return outcomeOf(new SmtpError(Object.assign(new Error('x'), fields), { step: 'connection', declaresSize }));
  };
  for (const reply of ['452 no space', '452 4.3.1 no space', '451 4.3.4 too large', '450 4.2.3 too large']) {
    assert.equal(outcomeWith(reply, true), 'deferred: message', reply);
    assert.equal(outcomeWith(reply, false), 'waits', reply);
  }
  assert.equal(outcomeWith('451 4.3.0 later', true), 'waits');
});

describe('a failure without a reply', () => {
  const failures: [outcome: string, step: SmtpStep, fields: object][] = [
    ['outage', 'connection', { code: 'EDNS', command: 'CONN' }],
    ['outage', 'connection', { code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNREFUSED' }],
    ['outage', 'connection', { code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'CONNECT_TIMEOUT' }],
    ['outage', 'EHLO', { code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'SOCKET_TIMEOUT' }],
    ['outage', 'AUTH', { code: 'ENOAUTH' }],
    // Our own limit for one attempt.
    ['outage', 'MAIL FROM', { name: 'TimeoutError' }],
    ['waits', 'RCPT TO', { name: 'TimeoutError' }],
    ['waits', 'RCPT TO', { code: 'ESOCKET', command: 'CONN', originalCode: 'ECONNRESET' }],
    ['waits', 'RCPT TO', { code: 'ECONNECTION', command: 'CONN' }],
    ['waits aside', 'DATA', { code: 'ESOCKET', command: 'CONN', originalCode: 'EPIPE' }],
    ['waits aside', 'content', { code: 'ETIMEDOUT', command: 'CONN', timeoutType: 'SOCKET_TIMEOUT' }],
    // A line that was cut off may say anything.
    ['waits aside', 'content', { code: 'ECONNECTION', command: 'CONN', response: '554 5.7.' }],
    // nodemailer compared the mail with the announced limit.
    ['refused: message', 'MAIL FROM', { code: 'EMESSAGE', command: 'MAIL FROM' }],
  ];
  for (const [outcome, step, fields] of failures) {
    test(`is "${outcome}" at ${step}: ${JSON.stringify(fields)}`, () => {
      assert.equal(outcomeOf(new SmtpError(Object.assign(new Error('x'), fields), { step })), outcome);
    });
  }

  test('may be anything that can be thrown', () => {
    assert.equal(outcomeOf(new AppError('no access token')), 'outage');
    assert.equal(outcomeOf('odd'), 'waits');
    const odd = Object.assign(new Error('x'), { code: 550, command: ['RCPT TO'], response: 550 });
    assert.equal(outcomeOf(new SmtpError(odd, { step: 'RCPT TO' })), 'waits');
  });
});

test('a refusal has the reason as explained and the codes of the reply', () => {
  const about = { reason: 'as explained', stage: 'recipient' };
  const refused = readSmtpError(replyAt('RCPT TO', '550-5.1.1 no\n550 5.1.1 such user'), facts);
  assert.deepEqual(refused, { kind: 'refused', ...about, replyCodes: '550 5.1.1' });
  const deferred = readSmtpError(replyAt('RCPT TO', '451 4.7.1 later'), facts);
  assert.deepEqual(deferred, { kind: 'deferred', ...about, replyCodes: '451 4.7.1' });
});
