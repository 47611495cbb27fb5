import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { htmlPart } from './html-part.ts';

export interface InboxMail {
  /** The envelope sender; empty for a bounce. */
  from: string;
  /** The envelope recipients, including those that no header names. */
  to: string[];
  /** The whole mail as it was received. */
  raw: string;
  /** Where the mail was saved, when the inbox has a folder. */
  file?: string;
  /** Where its HTML part was saved, when it has one that we can decode. */
  htmlFile?: string;
}

export interface InboxOptions {
  /** Created when missing. Each mail is saved there as NNNN.eml and its HTML part as NNNN.html. */
  folder?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
}

export interface Inbox {
  port: number;
  /** All accepted mails, in order. */
  mails: InboxMail[];
  /** Closes open connections too. May be called more than once. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const maxMailBytes = 25 * 1024 * 1024;
const closeTimeoutMs = 10;

/**
 * Starts a real SMTP server, without authentication or TLS, that accepts every mail and delivers none. It accepts a mail
 * (250) only after saving it, so a client that saw the reply finds the mail in `mails` and in the folder.
 */
export async function startInbox(options: InboxOptions = {}): Promise<Inbox> {
  const { folder, port = 0, host = '127.0.0.1' } = options;
  const mails: InboxMail[] = [];
  let lastNumber = folder === undefined ? 0 : await openFolder(folder);

  async function accept(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const bytes = await buffer(stream);
    if (stream.sizeExceeded) {
      // The server itself rejects the mail once it has been read (`rejectOversized`).
      return;
    }
    const { mailFrom, rcptTo } = session.envelope;
    const mail: InboxMail = {
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      raw: bytes.toString('utf8'),
    };
    if (folder !== undefined) {
      lastNumber += 1;
      await keepMail(mail, bytes, join(folder, String(lastNumber).padStart(4, '0')));
    }
    mails.push(mail);
  }

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    // The default of 10 would end a pooled connection after a few mails, because nobody authenticates here.
    maxAllowedUnauthenticatedCommands: false,
    size: maxMailBytes,
    rejectOversized: true,
    closeTimeout: closeTimeoutMs,
    onData(stream, session, callback) {
      accept(stream, session).then(() => callback(), callback);
    },
  });
  // Without a listener, the process would crash when a client disconnects during its session. A port that is in use is
  // reported below.
  server.on('error', () => {});
  server.listen(port, host);
  // Rejects with the socket's error when it cannot listen.
  await once(server.server, 'listening');
  const address = server.server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the inbox is not listening on a TCP port');
  }

  let closed: Promise<void> | undefined;
  const inbox: Inbox = {
    port: address.port,
    mails,
    close() {
      closed ??= new Promise((resolve) => server.close(() => resolve()));
      return closed;
    },
    [Symbol.asyncDispose]: () => inbox.close(),
  };
  return inbox;
}

/** Returns the highest number in use, so that mails of an earlier run are not overwritten. */
async function openFolder(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  return Math.max(0, ...names.map((name) => Number(/^(\d{4,})\.eml$/.exec(name)?.[1] ?? 0)));
}

async function keepMail(mail: InboxMail, bytes: Buffer, path: string): Promise<void> {
  mail.file = `${path}.eml`;
  await writeFile(mail.file, bytes);
  const html = htmlPart(mail.raw);
  if (html !== undefined) {
    mail.htmlFile = `${path}.html`;
    await writeFile(mail.htmlFile, html);
  }
}
