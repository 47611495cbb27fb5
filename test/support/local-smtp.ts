import type { SmtpConfig } from '../../src/config/settings.ts';

/** The settings for a mail server on this machine, without TLS and login unless they are given. */
export function localSmtp(port: number, smtp: Partial<SmtpConfig> = {}): SmtpConfig {
  return { host: '127.0.0.1', port, security: 'none', ehloName: null, login: null, ...smtp };
}
