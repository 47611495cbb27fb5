import { buffer } from 'node:stream/consumers';
import type { SecureContextOptions } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { listen } from './listen.ts';

export interface SmtpRefusal {
  responseCode: number;
  message: string;
}

export interface SmtpFaults {
  /** Sent instead of a greeting. */
  greeting?: () => SmtpRefusal | undefined;
  sender?: () => SmtpRefusal | undefined;
  recipient?: (address: string) => SmtpRefusal | undefined;
  /** Called when the mail has been received. `cut` closes the connection without an answer. */
  data?: (raw: string) => SmtpRefusal | 'cut' | undefined;
}

export interface SmtpMail {
  to: string[];
  messageId: string;
  raw: string;
  isEncrypted: boolean;
  /** The name with which the client greeted. */
  ehloName: string;
}

export interface FaultySmtpServer extends AsyncDisposable {
  port: number;
  /** May be changed at any time. */
  faults: SmtpFaults;
  /** Mails that were received completely, in order; `accepted` has those that were answered with 250. */
  received: SmtpMail[];
  accepted: SmtpMail[];
}

export interface FaultySmtpServerOptions
  extends Pick<SMTPServerOptions, 'secure' | 'key' | 'cert'>,
    Pick<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'> {
  /** If set, every client must log in with these. */
  login?: { username: string; password: string };
  /** Whether it offers STARTTLS. Default false: then it encrypts only if it is `secure`. */
  starttls?: boolean;
  port?: number;
  faults?: SmtpFaults;
}

/** Starts a real SMTP server that misbehaves according to `faults`. */
export async function startFaultySmtpServer(options: FaultySmtpServerOptions = {}): Promise<FaultySmtpServer> {
  const { login, starttls = false, port = 0, faults = {}, ...rest } = options;
  const disabledCommands = [...(login ? [] : ['AUTH']), ...(starttls ? [] : ['STARTTLS'])];
  const server = new SMTPServer({
    disabledCommands,
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 10,
    ...rest,
    onConnect(_session, callback) {
      callback(asError(result.faults.greeting?.()));
    },
    onAuth({ username, password }, _session, callback) {
      const isRight = username === login?.username && password === login?.password;
      // Some servers repeat the password that they received.
      const message = `wrong password ${password}`;
      callback(isRight ? null : asError({ responseCode: 535, message }), { user: username });
    },
    onMailFrom(_address, _session, callback) {
      callback(asError(result.faults.sender?.()));
    },
    onRcptTo({ address }, _session, callback) {
      callback(asError(result.faults.recipient?.(address)));
    },
    async onData(stream, session, callback) {
      // If the client disconnects in the middle of a mail, nothing was received.
      const content = await buffer(stream).catch(() => null);
      if (content === null) return;
      const raw = content.toString('utf8');
      const mail = {
        to: session.envelope.rcptTo.map(({ address }) => address),
        messageId: /^Message-ID: *(\S+)/im.exec(raw)?.[1] ?? '',
        raw,
        isEncrypted: session.secure,
        ehloName: session.hostNameAppearsAs,
      };
      result.received.push(mail);
      const fault = result.faults.data?.(raw);
      if (fault === 'cut') {
        for (const connection of server.connections)
          if (connection.session.id === session.id) connection._socket.destroy();
        return;
      }
      if (fault === undefined) result.accepted.push(mail);
      callback(asError(fault));
    },
  });
  // A client that disconnects is not a failure of the server.
  server.on('error', () => {});
  const openPort = await listen(server.server, port);
  const result: FaultySmtpServer = {
    port: openPort,
    faults,
    received: [],
    accepted: [],
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  return result;
}

function asError(refusal: SmtpRefusal | undefined): Error | null {
  return refusal === undefined
    ? null
    : Object.assign(new Error(refusal.message), { responseCode: refusal.responseCode });
}
