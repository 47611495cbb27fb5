import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AddressedMail, addressMail, type MailDetails } from '../../src/mail/address-mail.ts';
import type { Message, MessageKind } from '../../src/mail/message.ts';
import { someMorning } from '../support/fake-clock.ts';

const from = { address: 'audit@acme.example', header: 'Omni tokens <audit@acme.example>' };
const to = [
  { address: 'a@acme.example', header: 'A <a@acme.example>' },
  { address: 'b@acme.example', header: 'b@acme.example' },
];
const rendered = { subject: 'a subject', text: 'some text', html: '<p>some text</p>', isCritical: false };
const alone: MailDetails = { runId: null, thread: [], attachments: [] };

function address(
  surroundings: Partial<MailDetails> = {},
  mail: Partial<typeof rendered> = {},
  kind: MessageKind = 'digest',
): AddressedMail {
  return addressMail(kind, { ...rendered, ...mail }, someMorning, { ...alone, ...surroundings }, { from, to });
}

function headersOf(...args: Parameters<typeof address>): Message['headers'] {
  return address(...args).message.headers;
}

describe('a mail', () => {
  test('says what was rendered, from whom, to whom and when, and goes to each reader', () => {
    const { message, recipients } = address();
    const { messageId, headers: _, ...rest } = message;
    assert.deepEqual(rest, {
      kind: 'digest',
      subject: 'a subject',
      text: 'some text',
      html: '<p>some text</p>',
      createdAt: '2026-03-01T07:00:00.000Z',
      from: 'Omni tokens <audit@acme.example>',
      to: 'A <a@acme.example>, b@acme.example',
      attachments: [],
    });
    assert.match(messageId, /^<[\da-f-]{36}@acme\.example>$/);
    assert.deepEqual(recipients, ['a@acme.example', 'b@acme.example']);
  });

  test('has an id of its own, also when it says the same', () => {
    assert.notEqual(address().message.messageId, address().message.messageId);
  });

  test('takes its files along as they are', () => {
    const attachments = [{ fileName: 'findings.csv', content: '\ufeffa,b\r\n' }];
    assert.deepEqual(address({ attachments }).message.attachments, attachments);
  });
});

describe('the headers of a mail', () => {
  const always = {
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    'List-Id': 'Omni token audit <omni-token-audit.acme.example>',
  };

  test('say that a program wrote it, ask for no answer, and give filters something to go by', () => {
    for (const kind of ['baseline', 'digest', 'summary', 'failing', 'breaker', 'test'] as const) {
      assert.deepEqual(headersOf({}, {}, kind), always);
    }
  });

  test('name the run that it tells of', () => {
    assert.deepEqual(headersOf({ runId: 12 }), { ...always, 'X-Omni-Token-Audit-Run': '12' });
  });

  test('call it important where something critical is news, and say nothing of it elsewhere', () => {
    assert.deepEqual(headersOf({}, { isCritical: true }), { ...always, Importance: 'high', 'X-Priority': '1' });
  });

  test('name the mail that it answers, and all of the thread, oldest first', () => {
    const thread = ['<first@acme.example>', '<second@acme.example>', '<third@acme.example>'];
    assert.deepEqual(headersOf({ thread }, {}, 'recovered'), {
      ...always,
      'In-Reply-To': '<third@acme.example>',
      References: '<first@acme.example> <second@acme.example> <third@acme.example>',
    });
  });

  test('are all there where all of it holds', () => {
    assert.deepEqual(headersOf({ runId: 7, thread: ['<first@acme.example>'] }, { isCritical: true }), {
      ...always,
      'X-Omni-Token-Audit-Run': '7',
      Importance: 'high',
      'X-Priority': '1',
      'In-Reply-To': '<first@acme.example>',
      References: '<first@acme.example>',
    });
  });

  test('take the domain of the sender from behind its last @', () => {
    const odd = { address: '"a@b"@mail.acme.example', header: '"a@b"@mail.acme.example' };
    const { message } = addressMail('digest', rendered, someMorning, alone, { from: odd, to });
    assert.equal(message.headers['List-Id'], 'Omni token audit <omni-token-audit.mail.acme.example>');
    assert.match(message.messageId, /@mail\.acme\.example>$/);
  });
});
