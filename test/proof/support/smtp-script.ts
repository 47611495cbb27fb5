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
  /** Mails that were answered with 2xx, in order. */
  accepted: ScriptedMail[];
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
    sockets.add(socket);
    // A client that goes away is no fault of the server.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    converse(socket).catch(() => socket.destroy());
  });

  async function converse(socket: Socket): Promise<void> {
    let to = '';
    let content: string[] | null = null;
    /** Says it and answers the code of what was said; null: nothing, or what is no reply of SMTP. */
    const reply = (step: SmtpStep, raw = ''): number | null => {
      const answer = result.script(step, { to, raw }) ?? honest[step];
      if (typeof answer === 'object') {
        socket.destroy();
        return null;
      }
      setTimeout(() => socket.write(`${answer}\r\n`), result.delayMs);
      return replyCode(answer);
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
        const code = reply('content', raw);
        if (code !== null && code >= 200 && code < 300) result.accepted.push({ to, messageId, raw });
        continue;
      }
      const verb = /^[A-Z]+/i.exec(line)?.[0].toUpperCase() ?? '';
      if (verb === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb === 'QUIT') socket.end('221 bye\r\n');
      else if (verb in honest) {
        const code = reply(verb as SmtpStep);
        if (verb === 'DATA' && code === 354) content = [];
      } else socket.write('502 unknown\r\n');
    }
  }

  const port = await listen(server);
  const result: ScriptedSmtpServer = {
    port,
    script,
    accepted: [],
    delayMs: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return result;
}

/** Of the last line of a reply, by which a client goes (RFC 5321 4.2.1). */
function replyCode(reply: string): number | null {
  const code = /^\d{3}(?= |$)/.exec(reply.split('\r\n').at(-1) ?? '')?.[0];
  return code === undefined ? null : Number(code);
}
