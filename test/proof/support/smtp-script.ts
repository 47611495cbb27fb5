import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { listen } from '../../support/listen.ts';

/** What a client does, in the order of a dialogue; `content`: the mail was read to its end. */
export type SmtpStep = 'connection' | 'EHLO' | 'HELO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'content';

/** Lines to say in place of the honest answer, with or without a `cut` of the connection; undefined: the honest answer. */
export type SmtpAnswer = string | { cut: true } | undefined;

export interface ScriptedMail {
  to: string;
  messageId: string;
  raw: string;
}

export interface ScriptedSmtpServer extends AsyncDisposable {
  port: number;
  /** May be changed at any time. `about`: the recipient and the mail, as far as they are known at that step. */
  script: (step: SmtpStep, about: { to: string; raw: string }) => SmtpAnswer;
  /** Mails that were answered with 250, in order. */
  accepted: ScriptedMail[];
  connectionCount: number;
  /** Before every answer. */
  delayMs: number;
}

const honest: Record<SmtpStep, string> = {
  connection: '220 mail.acme.example ESMTP',
  EHLO: '250-mail.acme.example\r\n250-8BITMIME\r\n250 SIZE 50000000',
  HELO: '250 mail.acme.example',
  STARTTLS: '220 go ahead',
  AUTH: '235 welcome',
  MAIL: '250 sender taken',
  RCPT: '250 recipient taken',
  DATA: '354 go ahead',
  content: '250 mail taken',
};

/** A mail server that follows a script, down to what no honest server says. It knows one mail at a time. */
export async function startScriptedSmtpServer(script: ScriptedSmtpServer['script']): Promise<ScriptedSmtpServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    result.connectionCount += 1;
    sockets.add(socket);
    // A client that goes away is no fault of the server.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    converse(socket).catch(() => socket.destroy());
  });

  async function converse(socket: Socket): Promise<void> {
    let to = '';
    let content: string[] | null = null;
    /** Says it and answers whether it was the honest answer. */
    const reply = (step: SmtpStep, raw = ''): boolean => {
      const answer = result.script(step, { to, raw });
      if (typeof answer === 'object') socket.destroy();
      else setTimeout(() => socket.write(`${answer ?? honest[step]}\r\n`), result.delayMs);
      return answer === undefined;
    };
    reply('connection');
    for await (const line of createInterface({ input: socket })) {
      if (content !== null) {
        if (line !== '.') {
          content.push(line);
          continue;
        }
        const raw = content.join('\n');
        content = null;
        const messageId = /^Message-ID: *(\S+)/im.exec(raw)?.[1] ?? '';
        if (reply('content', raw)) result.accepted.push({ to, messageId, raw });
        continue;
      }
      const verb = /^[A-Z]+/i.exec(line)?.[0].toUpperCase() ?? '';
      if (verb === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb === 'QUIT') socket.end('221 bye\r\n');
      else if (verb in honest) {
        const isTaken = reply(verb as SmtpStep);
        if (verb === 'DATA' && isTaken) content = [];
      } else socket.write('502 unknown\r\n');
    }
  }

  const port = await listen(server);
  const result: ScriptedSmtpServer = {
    port,
    script,
    accepted: [],
    connectionCount: 0,
    delayMs: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return result;
}
