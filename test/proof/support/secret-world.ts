import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { startHttpServer } from '../../support/http-server.ts';
import { type ScriptedMail, type SmtpStep, startScriptedSmtpServer } from '../../support/scripted-smtp.ts';
import { giveToken, startTokenEndpoint, type TokenAnswer } from '../../support/token-endpoint.ts';
import { createWorld, type Variables, type World } from '../../support/world.ts';
import { type Printed, runHere } from './run-here.ts';
import { allLeaks, canaries } from './secret-canaries.ts';
import { isFull, tally } from './tally.ts';

export type Login = 'PLAIN' | 'LOGIN' | 'XOAUTH2';

/** A world in which every secret is a canary, and every server repeats what it was sent. */
export interface SecretWorld extends AsyncDisposable {
  world: World;
  /** The step that the mail server refuses. The refusal repeats the login, as received and decoded. null: none. May be changed. */
  smtp: { refusedStep: SmtpStep | null; accepted: ScriptedMail[] };
  /** The outcome of each command, by command line. */
  outcomes: Record<string, Printed>;
  /** How the token endpoint and the watchdog answer. May be changed. */
  answers: { token: TokenAnswer; heartbeat: (response: ServerResponse) => void };
  run(line: string, env?: Variables): Promise<Printed>;
  /** Like `run`, but in this process, except in the long proof. */
  soon(line: string, env?: Variables): Promise<Printed>;
  /** Returns where canaries were found. */
  leaks(): Promise<string[]>;
}

const refusalCodes: Partial<Record<SmtpStep, number>> = { AUTH: 535, content: 554 };

/** Secrets come from variables, or from files in a folder that is not searched for leaks. */
export async function createSecretWorld(login: Login = 'PLAIN', byFile = false): Promise<SecretWorld> {
  const server = await startScriptedSmtpServer((step, dialogue) => {
    if (step === smtp.refusedStep) return refusal(refusalCodes[step] ?? 550, dialogue.login);
    return step === 'EHLO' ? `250-mail.acme.example\r\n250 AUTH ${login}` : undefined;
  });
  const smtp: SecretWorld['smtp'] = { refusedStep: null, accepted: server.accepted };
  const answers: SecretWorld['answers'] = {
    token: giveToken({ access_token: canaries.accessToken }),
    heartbeat: (response) => void response.end('OK'),
  };
  const endpoint = await startTokenEndpoint((response, count, form) => answers.token(response, count, form));
  const heartbeat = await startHttpServer((response) => answers.heartbeat(response));
  const world = await createWorld({
    apiToken: canaries.OMNI_API_TOKEN,
    env: {
      LOG_LEVEL: 'trace',
      OMNI_REQUESTS_PER_MINUTE: '6000',
      SMTP_PORT: String(server.port),
      SMTP_USERNAME: 'audit@acme.example',
      HEARTBEAT_URL: `${heartbeat.baseUrl}/ping/${canaries.HEARTBEAT_URL}`,
      ...(login === 'XOAUTH2'
        ? {
            SMTP_OAUTH_TOKEN_URL: endpoint.url,
            SMTP_OAUTH_CLIENT_ID: 'some-client',
            SMTP_OAUTH_CLIENT_SECRET: canaries.SMTP_OAUTH_CLIENT_SECRET,
            SMTP_OAUTH_REFRESH_TOKEN: canaries.SMTP_OAUTH_REFRESH_TOKEN,
          }
        : { SMTP_PASSWORD: canaries.SMTP_PASSWORD }),
    },
  });
  if (byFile) moveIntoFiles(world);
  const outcomes: Record<string, Printed> = {};
  async function keep(line: string, running: Promise<Printed>): Promise<Printed> {
    const outcome = await running;
    outcomes[`${line} (${Object.keys(outcomes).length + 1})`] = outcome;
    tally.faults += 1;
    return outcome;
  }
  const secret: SecretWorld = {
    world,
    smtp,
    outcomes,
    answers,
    run: (line, env = {}) => keep(line, world.run(line.split(' '), { env })),
    soon: (line, env = {}) => (isFull ? secret.run(line, env) : keep(line, runHere(line, { ...world.env, ...env }))),
    leaks: () => allLeaks(outcomes, world, server.accepted),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await Promise.all([server, endpoint, heartbeat].map((each) => each[Symbol.asyncDispose]()));
    },
  };
  return secret;
}

function refusal(code: number, login: readonly string[]): string {
  const decoded = login.map((word) =>
    Buffer.from(word, 'base64')
      .toString()
      .replaceAll(/\p{Cc}/gu, ' '),
  );
  return `${code}-5.7.1 ${[...login, ...decoded].join(' ')}\r\n${code} 5.7.1 no`;
}

function moveIntoFiles({ folder, env }: World): void {
  const secrets = join(folder, 'secrets');
  mkdirSync(secrets);
  for (const name of Object.keys(canaries)) {
    const value = env[name];
    if (value === undefined) continue;
    const file = join(secrets, name);
    writeFileSync(file, `${value}\n`);
    Object.assign(env, { [name]: undefined, [`${name}_FILE`]: file });
  }
}

type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Answers of Omni, or of a proxy in front of it, that repeat the credential. */
export const omniEchoes: Record<string, Interceptor> = {
  'refuses the token and repeats it': echo(403, 'application/json', (sent) => JSON.stringify({ error: `no ${sent}` })),
  'is a proxy that shows the request': echo(200, 'text/html', (sent) => `<pre>${sent}</pre>`),
  'names a content type with the token': (request, response) =>
    echo(200, `text/plain; x="${request.headers.authorization}"`, () => 'no JSON')(request, response),
  'has another shape with the token in it': echo(200, 'application/json', (sent) =>
    JSON.stringify({ [sent]: sent, pageInfo: { hasNextPage: sent, [sent]: sent }, records: [{ id: sent }] }),
  ),
  'breaks its JSON within the token': echo(200, 'application/json', (sent) => `{"a": ${sent}`),
  'redirects with the token': (request, response) => {
    const sent = encodeURIComponent(request.headers.authorization ?? '');
    response.writeHead(302, { Location: `https://other.example/${sent}?token=${sent}` }).end();
    return true;
  },
  'answers with the token in its status and headers': (request, response) => {
    const sent = request.headers.authorization ?? '';
    response.writeHead(418, `no ${sent}`, { 'WWW-Authenticate': sent, 'Content-Type': 'application/json' }).end('{}');
    return true;
  },
};

function echo(status: number, contentType: string, body: (sent: string) => string): Interceptor {
  return (request, response) => {
    const sent = request.headers.authorization ?? '';
    response.writeHead(status, { 'Content-Type': contentType, 'X-Sent': sent }).end(body(sent));
    return true;
  };
}
