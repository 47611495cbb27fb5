import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { listen } from '../../support/listen.ts';

/** The answers that a refusal comes from; `nothing`: every mail is taken. */
export type RefusedStep = 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'nothing';

export interface TellTaleServer extends AsyncDisposable {
  port: number;
  /** May be changed at any time. */
  refusesAt: RefusedStep;
  /** What stands in a refusal, beside all that the client has said to log in. */
  refusal: string;
  /** Whole mails. */
  mails: string[];
  loginCount: number;
}

/** A mail server whose refusals repeat the log-in, as it came and decoded. */
export async function startTellTaleServer(mechanism: 'PLAIN' | 'LOGIN' | 'XOAUTH2' = 'PLAIN'): Promise<TellTaleServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    converse(socket).catch(() => socket.destroy());
  });

  async function converse(socket: Socket): Promise<void> {
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const said: string[] = [];
    const refuse = (code: number): void => {
      const decoded = said.map((each) =>
        Buffer.from(each, 'base64')
          .toString()
          .replaceAll(/\p{Cc}/gu, ' '),
      );
      const lines = result.refusal.match(/.{1,900}/g) ?? [];
      say(`${code}-5.7.1 ${[...said, ...decoded].join(' ')}`);
      for (const line of lines) say(`${code}-5.7.1 ${line}`);
      say(`${code} 5.7.1 no`);
    };
    say('220 tell-tale');
    let mail: string[] | null = null;
    let loginLinesLeft = 0;
    for await (const line of createInterface({ input: socket })) {
      const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
      if (mail !== null) {
        if (line !== '.') {
          mail.push(line.replace(/^\./, ''));
        } else {
          result.mails.push(mail.join('\r\n'));
          mail = null;
          if (result.refusesAt === 'DATA') refuse(554);
          else say('250 taken');
        }
      } else if (loginLinesLeft > 0 || verb === 'AUTH') {
        said.push(
          ...line
            .replace(/^AUTH \w+ ?/, '')
            .split(' ')
            .filter(Boolean),
        );
        loginLinesLeft = verb === 'AUTH' && mechanism === 'LOGIN' ? 2 : Math.max(0, loginLinesLeft - 1);
        if (loginLinesLeft > 0) {
          say(loginLinesLeft === 2 ? '334 VXNlcm5hbWU6' : '334 UGFzc3dvcmQ6');
          continue;
        }
        result.loginCount += 1;
        if (result.refusesAt === 'AUTH') refuse(535);
        else say('235 welcome');
      } else if (verb === 'QUIT') {
        say('221 bye');
        socket.end();
      } else if (verb === result.refusesAt) {
        refuse(550);
      } else if (verb === 'EHLO') {
        say(`250-tell-tale\r\n250 AUTH ${mechanism}`);
      } else if (verb === 'DATA') {
        mail = [];
        say('354 go on');
      } else {
        say('250 fine');
      }
    }
  }

  const port = await listen(server);
  const result: TellTaleServer = {
    port,
    refusesAt: 'nothing',
    refusal: '',
    mails: [],
    loginCount: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}
