import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { listen } from './listen.ts';

export interface OAuthSmtpServer extends AsyncDisposable {
  port: number;
  /** Every attempt to log in, in order. */
  logins: { username: string; accessToken: string }[];
  /** Every mail in order, including refused ones. */
  mails: string[];
  /** Like `takesMail`, may be changed at any time. */
  takes: (accessToken: string) => boolean;
  takesMail: boolean;
}

export interface OAuthSmtpServerOptions {
  takes?: (accessToken: string) => boolean;
  /** Google's server answers a refused token with a challenge (334) and then 535. Microsoft's sends 535 at once. */
  refusesWith?: 'challenge' | '535';
}

/** Starts a real SMTP server that accepts only XOAUTH2 logins. */
export async function startOAuthSmtpServer(options: OAuthSmtpServerOptions = {}): Promise<OAuthSmtpServer> {
  const { takes = () => true, refusesWith = 'challenge' } = options;
  const server = new SMTPServer({
    authMethods: ['XOAUTH2'],
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 10,
    onAuth({ username = '', accessToken = '' }, _session, callback) {
      result.logins.push({ username, accessToken });
      if (result.takes(accessToken)) return callback(null, { user: username });
      if (refusesWith === 'challenge') return callback(null, { data: { status: '401', schemes: 'bearer' } });
      callback(Object.assign(new Error('5.7.3 Authentication unsuccessful'), { responseCode: 535 }));
    },
    async onData(stream, _session, callback) {
      result.mails.push(await text(stream));
      callback(result.takesMail ? null : Object.assign(new Error('not this one'), { responseCode: 554 }));
    },
  });
  // A client that disconnects is not a failure of the server.
  server.on('error', () => {});
  const port = await listen(server.server);
  const result: OAuthSmtpServer = {
    port,
    logins: [],
    mails: [],
    takes,
    takesMail: true,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  return result;
}
