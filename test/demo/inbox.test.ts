import assert from 'node:assert/strict';
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

async function send(inbox: Inbox, message: SendMailOptions): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: inbox.port });
  await transport.sendMail(message);
}

/** The mail as it comes over SMTP, which is not quite what nodemailer composed. */
async function sendAndRead(message: SendMailOptions): Promise<string> {
  await using inbox = await startInbox();
  await send(inbox, message);
  return inbox.mails[0]?.raw ?? '';
}

describe('the inbox', () => {
  test('keeps a mail with the recipients of its envelope', async () => {
    await using inbox = await startInbox();
    await send(inbox, { ...mail, to: ['a@example.com', 'b@example.com'], bcc: 'hidden@example.com' });
    assert.equal(inbox.mails.length, 1);
    const [kept] = inbox.mails;
    assert.equal(kept?.from, 'audit@example.com');
    assert.deepEqual(kept?.to, ['a@example.com', 'b@example.com', 'hidden@example.com']);
    assert.equal((await simpleParser(kept?.raw ?? '')).subject, 'Drei neue Schlüssel');
    assert.equal(kept?.file, undefined);
  });

  test('writes each mail and its HTML part into its folder, and nothing for a mail without HTML', async (context) => {
    const folder = join(tempFolder(context), 'made', 'on demand');
    await using inbox = await startInbox({ folder });
    await send(inbox, mail);
    await send(inbox, { ...mail, html: '' });

    assert.deepEqual((await readdir(folder)).sort(), ['0001.eml', '0001.html', '0002.eml']);
    const [first, second] = inbox.mails;
    assert.equal(first?.file, join(folder, '0001.eml'));
    assert.equal(first?.htmlFile, join(folder, '0001.html'));
    assert.equal(second?.htmlFile, undefined);
    assert.equal(await readFile(join(folder, '0001.eml'), 'utf8'), first?.raw);
    assert.equal(await readFile(join(folder, '0001.html'), 'utf8'), html);
  });

  test('does not write over the mails of an earlier run', async (context) => {
    const folder = tempFolder(context);
    await writeFile(join(folder, '0041.eml'), 'earlier');
    await using inbox = await startInbox({ folder });
    await send(inbox, mail);
    assert.equal(inbox.mails[0]?.file, join(folder, '0042.eml'));
    assert.equal(await readFile(join(folder, '0041.eml'), 'utf8'), 'earlier');
  });

  test('refuses a mail that it cannot keep', async (context) => {
    const folder = tempFolder(context);
    await using inbox = await startInbox({ folder: join(folder, 'gone') });
    await rm(join(folder, 'gone'), { recursive: true });
    await assert.rejects(send(inbox, mail), { code: 'EMESSAGE' });
    assert.deepEqual(inbox.mails, []);
  });

  test('offers neither STARTTLS nor authentication', async () => {
    await using inbox = await startInbox();
    const secured = createTransport({ host: '127.0.0.1', port: inbox.port, requireTLS: true });
    await assert.rejects(secured.sendMail(mail), { code: 'ETLS' });
    const named = createTransport({
      host: '127.0.0.1',
      port: inbox.port,
      auth: { user: 'a', pass: 'b' },
      forceAuth: true,
    });
    await assert.rejects(named.sendMail(mail), { code: 'EAUTH' });
    assert.deepEqual(inbox.mails, []);
  });

  test('takes many mails over one connection', async () => {
    await using inbox = await startInbox();
    const pool = createTransport({ pool: true, maxConnections: 1, host: '127.0.0.1', port: inbox.port });
    for (let number = 1; number <= 30; number += 1) {
      await pool.sendMail({ ...mail, subject: `mail ${number}` });
    }
    pool.close();
    assert.equal(inbox.mails.length, 30);
    assert.match(inbox.mails[29]?.raw ?? '', /^Subject: mail 30\r$/m);
  });

  test('closes although a client holds its connection, and may be closed again', { timeout: 5000 }, async () => {
    const inbox = await startInbox();
    const socket = connect(inbox.port, '127.0.0.1');
    const ended = new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.once('data', resolve));
    await inbox.close();
    await ended;
    await inbox.close();
    await assert.rejects(send(inbox, mail), { code: 'ESOCKET' });
  });

  test('says so when its port is in use', async () => {
    await using inbox = await startInbox();
    await assert.rejects(startInbox({ port: inbox.port }), { code: 'EADDRINUSE' });
  });
});

describe('the HTML part of a mail', () => {
  const picture = { filename: 'a.png', content: Buffer.from('no picture'), cid: 'picture' };
  const page = { filename: 'other.html', content: '<p>attached</p>', contentType: 'text/html' };
  const table = { filename: 'findings.csv', content: '\ufeffa,b\r\n', contentType: 'text/csv; charset=utf-8' };
  const cases: Record<string, SendMailOptions> = {
    'in quoted-printable': { ...mail, textEncoding: 'quoted-printable' },
    'in base64': { ...mail, textEncoding: 'base64' },
    'in plain ASCII': { ...mail, html: '<p>short</p>' },
    'without a text beside it': { from: 'audit@example.com', to: 'team@example.com', html },
    'beside an attached table': { ...mail, attachments: [table] },
    'beside a picture and an attached page': { ...mail, attachments: [picture, page] },
  };
  for (const [name, message] of Object.entries(cases)) {
    test(`is read ${name} as mailparser reads it`, async () => {
      const raw = await sendAndRead(message);
      const expected = (await simpleParser(raw, { skipImageLinks: true })).html;
      assert.equal(htmlPart(raw)?.trimEnd(), String(expected).trimEnd());
      assert.equal(htmlPart(raw)?.trimEnd(), String(message.html).trimEnd());
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

  test('is undefined when there is none or when it cannot be read', () => {
    const page = (headers: string, body = '<p>x</p>') => htmlPart(`Content-Type: text/html${headers}\r\n\r\n${body}`);
    assert.equal(page('; charset=utf-8'), '<p>x</p>');
    assert.equal(page('; charset=iso-8859-1'), undefined);
    assert.equal(page('\r\nContent-Transfer-Encoding: x-uuencode'), undefined);
    assert.equal(page('; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable', '=FF'), undefined);
    assert.equal(page('\r\nContent-Disposition: attachment; filename=a.html'), undefined);
    assert.equal(htmlPart('Subject: x\r\n\r\n<p>only text</p>'), undefined);
    assert.equal(htmlPart('Content-Type: multipart/mixed\r\n\r\n--\r\n'), undefined);
    assert.equal(htmlPart(''), undefined);
  });
});
