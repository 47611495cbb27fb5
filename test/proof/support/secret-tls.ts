import { createServer } from 'node:https';
import { createHeartbeat } from '../../../src/audit/heartbeat.ts';
import { systemClock } from '../../../src/clock.ts';
import { Secret } from '../../../src/config/secret.ts';
import { type AuditConfig, auditParts, loadConfig, variables } from '../../../src/config/settings.ts';
import { ConfigError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/logging.ts';
import { createMailer } from '../../../src/mail/mailer.ts';
import { requestToken } from '../../../src/mail/oauth-token.ts';
import { createOmniHttp } from '../../../src/omni/http.ts';
import { listen } from '../../support/listen.ts';
import { localhostCertificate } from '../../support/localhost-certificate.ts';
import { startFaultySmtpServer } from '../../support/smtp-faults.ts';
import { tally } from './tally.ts';

/** Servers with a certificate of their own making, for everything that carries a secret. */
export interface SelfSignedServers extends AsyncDisposable {
  /** Settings that use them. */
  env: Record<string, string>;
  /** Which of them these settings trust. */
  trusted(config: AuditConfig): Promise<string[]>;
}

export const allServers = ['mail server', 'omni', 'token', 'watchdog'];
/** A refused certificate is worth a repetition to some, which nobody waits for here. */
const patienceMs = 1000;

export async function startSelfSignedServers(): Promise<SelfSignedServers> {
  const arrived = new Set<string>();
  const https = createServer(localhostCertificate, ({ url = '' }, response) => {
    arrived.add(url);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const baseUrl = `https://localhost:${await listen(https, 0, 'localhost')}`;
  const smtp = {
    tls: await startFaultySmtpServer({ secure: true, ...localhostCertificate }),
    starttls: await startFaultySmtpServer({ starttls: true, ...localhostCertificate }),
    none: await startFaultySmtpServer(),
  };
  let attemptCount = 0;

  return {
    env: {
      OMNI_BASE_URL: baseUrl,
      OMNI_API_TOKEN: 'token',
      HEARTBEAT_URL: `${baseUrl}/ping`,
      // Another machine, as far as the settings know.
      SMTP_HOST: 'mail.acme.example',
      MAIL_FROM: 'audit@acme.example',
      MAIL_TO: 'security@acme.example',
    },
    async trusted(config) {
      tally.faults += 1;
      attemptCount += 1;
      const own = `${attemptCount}`;
      const stop = AbortSignal.timeout(patienceMs);
      const { port } = smtp[config.smtp.security];
      const oauth = {
        tokenUrl: `${baseUrl}/token-${own}`,
        clientId: 'id',
        clientSecret: new Secret('secret'),
        refreshToken: null,
        scope: null,
      };
      const watchdog = new Secret(`${baseUrl}/watchdog-${own}`);
      const http = createOmniHttp({ config: config.omni, clock: systemClock });
      const [mail] = await Promise.allSettled([
        createMailer({ ...config.smtp, host: 'localhost', port }).verify(stop),
        http.getJson(`omni-${own}`, 'asking', stop),
        requestToken(oauth, stop),
        createHeartbeat(watchdog, createLogger('silent'))('success', stop),
      ]);
      const byHttps = ['omni', 'token', 'watchdog'].filter((name) => arrived.has(`/${name}-${own}`));
      return mail.status === 'fulfilled' ? ['mail server', ...byHttps] : byHttps;
    },
    async [Symbol.asyncDispose]() {
      https.close();
      https.closeAllConnections();
      await Promise.all(Object.values(smtp).map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** Every setting of ours, each with words by which other programs are told not to verify; those that are refused left out. */
export function distrustfulConfigs(env: Record<string, string>): { name: string; config: AuditConfig }[] {
  // Settings that change nothing about any of the servers need not be tried again.
  const tried = new Map<string, { name: string; config: AuditConfig }>();
  for (const security of ['tls', 'starttls']) {
    for (const { name } of variables) {
      for (const value of ['0', 'false', 'none', 'no']) {
        const config = configOf({ ...env, SMTP_SECURITY: security, [name]: value });
        // Asked for elsewhere, it is not these servers that are asked.
        if (config === null || name === 'SMTP_HOST') continue;
        const key = JSON.stringify([config.smtp, config.omni]);
        if (!tried.has(key)) tried.set(key, { name: `${name}=${value}`, config });
      }
    }
  }
  return [...tried.values()];
}

function configOf(env: Record<string, string>): AuditConfig | null {
  try {
    return loadConfig(env, auditParts);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
