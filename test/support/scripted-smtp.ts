import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { listen } from './listen.ts';

/** What a client does, in the order of a dialogue. `content`: the whole mail was received. */
export type SmtpStep =
  | 'connection'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'content'
  | 'QUIT';

/**
 * Lines to send instead of the normal reply; `cut` to break the connection; `drip` to send a byte from time to time and
 * never close it; undefined: the normal reply.
 */
export type SmtpReply = string | { cut: true } | { drip: true } | undefined;

/** What the server knows about a client so far. */
export interface SmtpDialogue {
  to: string;
  raw: string;
  /** Each word of the login, as it was received. */
  login: string[];
}

export interface ScriptedMail {
  to: string;
  messageId: string;
  raw: string;
}

export interface ScriptedSmtpServer extends AsyncDisposable {
  port: number;
  /** May be changed at any time. */
  script: (step: SmtpStep, dialogue: SmtpDialogue) => SmtpReply;
  /** Mails that were answered with 2xx, in order. */
  accepted: ScriptedMail[];
  /** Called when a client has closed its connection. May be changed at any time. */
  onClose: () => void;
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
  QUIT: '221 bye',
};

const dripMs = 20;

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('2'), dripMs);
  socket.once('close', () => clearInterval(timer));
}

/** The prompts of AUTH LOGIN, in order. */
const loginPrompts = ['334 VXNlcm5hbWU6\r\n', '334 UGFzc3dvcmQ6\r\n'];

/** Starts a mail server that follows a script and can send what no real server would. */
export async function startScriptedSmtpServer(
  script: ScriptedSmtpServer['script'] = () => undefined,
): Promise<ScriptedSmtpServer> {
  const sockets = new Set<Socket>();
  // Half-open, because a server that drips does not close its side when the client closes the other.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    // A client that disconnects is not a failure of the server.
    socket
      .on('error', () => {})
      .once('close', () => {
        sockets.delete(socket);
        result.onClose();
      });
    converse(socket).catch(() => socket.destroy());
  });

  async function converse(socket: Socket): Promise<void> {
    const dialogue: SmtpDialogue = { to: '', raw: '', login: [] };
    let content: string[] | null = null;
    let prompts: string[] = [];
    let isDripping = false;
    /** Sends the reply to a step and returns its code; null if it sent no valid SMTP reply. */
    const reply = (step: SmtpStep): number | null => {
      const lines = result.script(step, dialogue) ?? honest[step];
      if (typeof lines === 'object') {
        if ('cut' in lines) socket.destroy();
        else drip(socket);
        isDripping = 'drip' in lines;
        return null;
      }
      socket.write(`${lines}\r\n`);
      return replyCode(lines);
    };
    const logIn = (words: string[]): void => {
      dialogue.login.push(...words);
      const prompt = prompts.shift();
      if (prompt === undefined) reply('AUTH');
      else socket.write(prompt);
    };
    const receive = (raw: string): void => {
      dialogue.raw = raw;
      const code = reply('content');
      const messageId = /^Message-ID: *(\S+)/im.exec(raw)?.[1] ?? '';
      if (code !== null && code >= 200 && code < 300) result.accepted.push({ to: dialogue.to, messageId, raw });
    };

    let isLoggingIn = false;
    reply('connection');
    for await (const line of createInterface({ input: socket })) {
      if (content !== null) {
        if (line !== '.') {
          content.push(line.replace(/^\./, ''));
        } else {
          const raw = content.join('\n');
          content = null;
          receive(raw);
        }
        continue;
      }
      if (isLoggingIn) {
        isLoggingIn = prompts.length > 0;
        logIn([line]);
        continue;
      }
      const [verb = '', ...words] = line.split(/[ :]/);
      const step = verb.toUpperCase();
      if (step === 'RCPT') dialogue.to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (step === 'QUIT') {
        if (reply(step) !== null) socket.end();
      } else if (step === 'AUTH') {
        const [mechanism, ...initial] = words;
        prompts = mechanism === 'LOGIN' ? [...loginPrompts] : [];
        isLoggingIn = prompts.length > 0;
        logIn(initial);
      } else if (isStep(step)) {
        if (reply(step) === 354) content = [];
      } else {
        socket.write('502 unknown\r\n');
      }
    }
    if (!isDripping) socket.end();
  }

  const result: ScriptedSmtpServer = {
    port: await listen(server),
    script,
    accepted: [],
    onClose: () => {},
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}

function isStep(verb: string): verb is SmtpStep {
  return verb in honest;
}

/** Returns the code of the last line, which is the one that counts (RFC 5321 4.2.1). */
function replyCode(reply: string): number | null {
  const code = /^\d{3}(?= |$)/.exec(reply.split('\r\n').at(-1) ?? '')?.[0];
  return code === undefined ? null : Number(code);
}
