import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { htmlPart } from '../../src/demo/html-part.ts';
import { type Inbox, startInbox } from '../../src/demo/inbox.ts';
import { tempFolder } from '../support/temp-folder.ts';

const longLine = 'Prüfung der Schlüssel 🔑 = „gut“, '.repeat(60);
const html = `<!doctype html>\n<p style="color: #333">${longLine}</p>\n\n.\n..dots\n<b>Ende</b> \n`;
const mail: SendMailOptions = {
  from: 'audit@example.com',
  to: 'team@example.com',
  subject: 'Drei neue Schlüssel',
  text: `nur Text: ${longLine}`,
  html,
};

async function send({ port }: Inbox, message: SendMailOptions, options: Record<string, unknown> = {}): Promise<void> {
  await createTransport({ host: '127.0.0.1', port, ...options }).sendMail(message);
}

describe('the inbox', () => {
  test('saves each mail and its HTML part in its folder, after those of an earlier run', async (context) => {
    const folder = join(tempFolder(context), 'created', 'on demand');
    await using first = await startInbox({ folder });
    await send(first, { ...mail, bcc: 'hidden@example.com' });
    await using second = await startInbox({ folder });
    await send(second, { ...mail, html: '' });

    assert.deepEqual((await readdir(folder)).sort(), ['0001.eml', '0001.html', '0002.eml']);
    const [{ raw = '', ...saved } = {}] = first.mails;
    assert.deepEqual(saved, {
      from: 'audit@example.com',
      to: ['team@example.com', 'hidden@example.com'],
      file: join(folder, '0001.eml'),
      htmlFile: join(folder, '0001.html'),
    });
    assert.equal((await simpleParser(raw)).subject, 'Drei neue Schlüssel');
    assert.equal(await readFile(join(folder, '0001.eml'), 'utf8'), raw);
    assert.equal(await readFile(join(folder, '0001.html'), 'utf8'), html);
    assert.equal(second.mails[0]?.file, join(folder, '0002.eml'));
    assert.equal(second.mails[0]?.htmlFile, undefined);
  });

  test('refuses a mail that it cannot save', async (context) => {
    const folder = join(tempFolder(context), 'gone');
    await using inbox = await startInbox({ folder });
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await assert.rejects(send(inbox, mail), { code: 'EMESSAGE' });
    assert.deepEqual(inbox.mails, []);
  });

  test('offers neither STARTTLS nor authentication', async () => {
    await using inbox = await startInbox();
    await assert.rejects(send(inbox, mail, { requireTLS: true }), { code: 'ETLS' });
    const auth = { user: 'a', pass: 'b' };
    await assert.rejects(send(inbox, mail, { auth, forceAuth: true }), { code: 'EAUTH' });
  });

  test('accepts many mails over one connection', async () => {
    await using inbox = await startInbox();
    const pool = createTransport({ pool: true, maxConnections: 1, host: '127.0.0.1', port: inbox.port });
    for (let number = 1; number <= 20; number += 1) await pool.sendMail(mail);
    pool.close();
    assert.equal(inbox.mails.length, 20);
  });

  test('reports a port that is in use, and closes while a client is connected', { timeout: 5000 }, async () => {
    await using inbox = await startInbox();
    await assert.rejects(startInbox({ port: inbox.port }), { code: 'EADDRINUSE' });
    const socket = connect(inbox.port, '127.0.0.1');
    const ended = once(socket, 'close');
    await once(socket, 'data');
    await inbox.close();
    await ended;
    await inbox.close();
    await assert.rejects(send(inbox, mail), { code: 'ESOCKET' });
  });
});

describe('the HTML part of a mail', () => {
  const picture = { filename: 'a.png', content: Buffer.from('no picture'), cid: 'picture' };
  const page = { filename: 'other.html', content: '<p>attached</p>', contentType: 'text/html' };
  for (const [name, message] of [
    ['in quoted-printable', { ...mail, textEncoding: 'quoted-printable' }],
    ['in base64', { ...mail, textEncoding: 'base64' }],
    ['in plain ASCII', { ...mail, html: '<p>short</p>' }],
    ['without a text part', { from: 'audit@example.com', to: 'team@example.com', html }],
    ['next to a picture and an attached page', { ...mail, attachments: [picture, page] }],
  ] satisfies [string, SendMailOptions][]) {
    test(`is read ${name}`, async () => {
      await using inbox = await startInbox();
      await send(inbox, message);
      assert.equal(htmlPart(inbox.mails[0]?.raw ?? '')?.trimEnd(), String(message.html).trimEnd());
    });
  }

  test('is found in nested multiparts with spaces in a quoted boundary and folded headers', () => {
    const raw = [
      'Content-Type: multipart/mixed;\r\n\tboundary="outer part"\r\n\r\npreamble\r\n--outer part',
      'CONTENT-TYPE: Multipart/Alternative; boundary=inner\r\n\r\n--inner\r\n\r\nplain\r\n--inner',
      'Content-Type: text/html; charset="UTF-8"',
      'Content-Transfer-Encoding: Quoted-Printable\r\n\r\n<p>=C3=\r\n=A9 1=3D1</p>\r\n--inner--\r\n--outer part--\r\n',
    ].join('\r\n');
    assert.equal(htmlPart(raw), '<p>é 1=1</p>');
  });

  for (const [why, raw] of [
    ['its charset is unknown', 'Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>x</p>'],
    ['its encoding is unknown', 'Content-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n<p>x</p>'],
    ['it is not valid UTF-8', 'Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n/w=='],
    ['it is an attachment', 'Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>x</p>'],
    ['the mail is plain text', 'Subject: x\r\n\r\n<p>only text</p>'],
    ['the multipart has no boundary', 'Content-Type: multipart/mixed\r\n\r\n--\r\n'],
    ['the mail is empty', ''],
  ] as const) {
    test(`is undefined when ${why}`, () => assert.equal(htmlPart(raw), undefined));
  }
});
