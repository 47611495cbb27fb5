import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AddressedMail, addressMail, type MailDetails } from '../../src/mail/address-mail.ts';
import { someMorning } from '../support/fake-clock.ts';

const from = { address: 'audit@acme.example', header: 'Omni tokens <audit@acme.example>' };
const to = [
  { address: 'a@acme.example', header: 'A <a@acme.example>' },
  { address: 'b@acme.example', header: 'b@acme.example' },
];
const rendered = { subject: 'a subject', text: 'some text', html: '<p>some text</p>', isCritical: false };
const headers = {
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'All',
  'List-Id': 'Omni token audit <omni-token-audit.acme.example>',
};

function address(details: Partial<MailDetails> = {}, isCritical = false, sender = from): AddressedMail {
  const all = { runId: null, thread: [], attachments: [], ...details };
  return addressMail('digest', { ...rendered, isCritical }, someMorning, all, { from: sender, to });
}

describe('addressing a rendered mail', () => {
  test('adds sender, recipients, date and headers, and keeps the content as it is', () => {
    const attachments = [{ fileName: 'findings.csv', content: '\ufeffa,b\r\n' }];
    const { message, recipients } = address({ attachments });
    const { messageId, ...rest } = message;
    assert.deepEqual(rest, {
      kind: 'digest',
      subject: 'a subject',
      text: 'some text',
      html: '<p>some text</p>',
      createdAt: '2026-03-01T07:00:00.000Z',
      from: 'Omni tokens <audit@acme.example>',
      to: 'A <a@acme.example>, b@acme.example',
      headers,
      attachments,
    });
    assert.match(messageId, /^<[\da-f-]{36}@acme\.example>$/);
    assert.deepEqual(recipients, ['a@acme.example', 'b@acme.example']);
  });

  test('gives two equal mails different Message-IDs', () => {
    assert.notEqual(address().message.messageId, address().message.messageId);
  });

  test('adds headers for the run, for a critical mail and for the thread, oldest first', () => {
    const thread = ['<first@acme.example>', '<second@acme.example>'];
    assert.deepEqual(address({ runId: 7, thread }, true).message.headers, {
      ...headers,
      'X-Omni-Token-Audit-Run': '7',
      Importance: 'high',
      'X-Priority': '1',
      'In-Reply-To': '<second@acme.example>',
      References: '<first@acme.example> <second@acme.example>',
    });
  });

  for (const [sender, domain] of [
    ['"a@b"@mail.acme.example', 'mail.acme.example'],
    ['audit@bücher.example', 'xn--bcher-kva.example'],
  ] as const) {
    test(`takes the domain ${domain} from the sender ${sender}`, () => {
      const { message } = address({}, false, { address: sender, header: sender });
      assert.equal(message.headers['List-Id'], `Omni token audit <omni-token-audit.${domain}>`);
      assert.ok(message.messageId.endsWith(`@${domain}>`));
    });
  }
});
