import type { SmtpConfig } from '../config/settings.ts';
import { AppError } from '../errors.ts';
import { noLoginOffered, SmtpError, type SmtpStep } from './smtp-failure.ts';
import type { SmtpLoginSession } from './smtp-login.ts';

/** A connection to the mail server that is ready for mail: encrypted and logged in, if the settings say so. */
export interface SmtpSession {
  /** Submits one mail to one recipient. @throws SmtpError; the signal's reason. */
  submit(envelope: { from: string; to: string; size: number }, mail: Buffer): Promise<void>;
  /** Sends one command and returns the whole reply. @throws SmtpError */
  ask(command: string): Promise<string>;
  /** Returns true if the server announced this extension of SMTP. */
  offers(extension: string): boolean;
  /** Says goodbye and closes the connection. It does not wait for the server, which may never answer. */
  [Symbol.dispose](): void;
}

/** The name under which we register for sending commands of our own. */
const dialogueMethod = 'DIALOGUE';

/** The ways to log in with a password that nodemailer knows. */
const passwordLogins = ['PLAIN', 'LOGIN', 'CRAM-MD5'];

/**
 * Connects, encrypts and logs in. nodemailer's own transport would skip a login that is not offered, and cannot rehearse.
 *
 * @param ehloName how we greet the server
 * @param signal ends the session, too. It must have a deadline: nodemailer limits only how long the server says nothing
 * @throws SmtpError; AppError if there is no access token; the signal's reason.
 */
export async function openSession(
  config: SmtpConfig,
  ehloName: string,
  login: SmtpLoginSession,
  signal: AbortSignal,
): Promise<SmtpSession> {
  signal.throwIfAborted();
  // Loaded on demand, because most audits have nothing to mail.
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
  const progress = trackProgress();
  let ask: (command: string) => Promise<{ response: string }>;
  // No timeout is left to a default. TLS certificates are always verified.
  const connection = new SMTPConnection({
    host: config.host,
    port: config.port,
    name: ehloName,
    secure: config.security === 'tls',
    requireTLS: config.security === 'starttls',
    ignoreTLS: config.security === 'none',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true },
    connectionTimeout: 20_000,
    greetingTimeout: 20_000,
    socketTimeout: 60_000,
    socketCloseTimeout: 1000,
    dnsTimeout: 15_000,
    transactionLog: true,
    logger: progress.log,
    customAuth: {
      // Only a handler for a custom login is allowed to send commands of its own.
      [dialogueMethod]({ sendCommand }) {
        ask = sendCommand;
      },
    },
  });

  const broken = Promise.withResolvers<never>();
  // The connection may break between two steps. Without this handler, the rejection would then end the process.
  broken.promise.catch(() => {});
  const fail = (error: unknown): SmtpError | AppError =>
    // The token endpoint gave no access token, and its error already has a hint.
    error instanceof AppError ? error : new SmtpError(error, progress);
  connection.on('error', (error) => broken.reject(fail(error)));
  connection.once('end', () => broken.reject(fail(new Error('Connection closed'))));
  const abort = (): void => {
    broken.reject(fail(signal.reason));
    connection.close();
  };
  signal.addEventListener('abort', abort, { once: true });
  const close = (): void => {
    signal.removeEventListener('abort', abort);
    connection.close();
  };
  /** Waits for one step; a connection that breaks meanwhile ends the wait. */
  function step(begin: (done: (error?: unknown) => void) => void): Promise<void> {
    const finished = new Promise<void>((resolve, reject) => {
      begin((error) => (error ? reject(fail(error)) : resolve()));
    });
    return Promise.race([finished, broken.promise]);
  }

  try {
    await step((done) => connection.connect(done));
    const auth = await login.auth(signal);
    if (auth !== undefined) {
      const noLogin = Object.assign(new Error('no AUTH'), { code: noLoginOffered });
      if (!connection.allowsAuth || progress.saidHelo) {
        // The password must not go to a server that did not ask for one.
        throw new SmtpError(noLogin, { step: 'AUTH' });
      }
      // nodemailer would try XOAUTH2 or PLAIN even if the server offers only something else.
      const { offeredLogins } = progress;
      const ours = auth.method === undefined ? passwordLogins : [auth.method];
      if (offeredLogins.length > 0 && !offeredLogins.some((offered) => ours.includes(offered))) {
        throw new SmtpError(noLogin, { step: 'AUTH', offeredLogins });
      }
      await step((done) => connection.login(auth, done));
    }
    connection.login({ method: dialogueMethod }, () => {});
  } catch (error) {
    close();
    // While an access token is requested, the signal ends that request, too.
    throw signal.aborted ? fail(signal.reason) : error;
  }

  return {
    submit: (envelope, mail) => step((done) => connection.send(envelope, mail, done)),
    async ask(command) {
      progress.asked = command;
      const { response } = await Promise.race([ask(command), broken.promise]);
      return response;
    },
    offers: (extension) => progress.offers(extension),
    [Symbol.dispose]() {
      connection.quit();
      close();
    },
  };
}

/** Follows the dialogue through nodemailer's log, because its errors do not say at which step a connection broke. */
function trackProgress() {
  /** The steps whose replies are still awaited, in order: nodemailer may send several commands at once. */
  const awaited: SmtpStep[] = ['connection'];
  let reached: SmtpStep = 'connection';
  /** The last reply to EHLO. */
  let greeting = '';
  const progress = {
    saidHelo: false,
    /** The last command of our own. nodemailer's log hides it, because it could be a login. */
    asked: '',
    offers: (extension: string) => new RegExp(`^250[ -]${extension}\\b`, 'im').test(greeting),
    /** Old servers write `AUTH=PLAIN`. */
    get offeredLogins(): string[] {
      const lists = greeting.matchAll(/^250[ -]AUTH[ =](.*)$/gim);
      return [...lists].flatMap(([, list = '']) => list.toUpperCase().match(/[^\s=]+/g) ?? []);
    },
    get offersStarttls(): boolean {
      return progress.offers('STARTTLS');
    },
    get declaresSize(): boolean {
      return progress.offers('SIZE');
    },
    get step(): SmtpStep {
      return awaited[0] ?? reached;
    },
    log: {
      debug({ tnx }: { tnx?: string }, line: string) {
        if (tnx === 'client') sent(line);
        if (tnx === 'server') received(line);
      },
    },
  };
  function sent(line: string): void {
    const command = line === hiddenCommand ? progress.asked : line;
    if (command.startsWith('HELO')) progress.saidHelo = true;
    awaited.push(commandSteps.find(([start]) => command.startsWith(start))?.[1] ?? reached);
  }
  function received(reply: string): void {
    reached = awaited.shift() ?? reached;
    if (reached === 'EHLO') greeting = reply;
    if (reached === 'DATA' && /^[23]/.test(reply)) reached = 'content';
  }
  return progress;
}

const hiddenCommand = '/* secret */';

const commandSteps: [start: string, step: SmtpStep][] = [
  ['EHLO', 'EHLO'],
  ['HELO', 'EHLO'],
  ['STARTTLS', 'STARTTLS'],
  ['AUTH', 'AUTH'],
  ['MAIL FROM', 'MAIL FROM'],
  ['RCPT TO', 'RCPT TO'],
  ['DATA', 'DATA'],
];
