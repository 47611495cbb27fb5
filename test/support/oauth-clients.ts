import { Secret } from '../../src/config/secret.ts';
import type { OAuthClient } from '../../src/config/smtp-settings.ts';

export const mailbox = 'audit@acme.example';
export const clientSecret = 'client-secret-canary-7Lq2~x';
export const refreshToken = '1//refresh-token-canary-0Rw5';

/** Returns a client like one for Microsoft 365. */
export function clientCredentials(tokenUrl: string): OAuthClient {
  return {
    tokenUrl,
    clientId: '11111111-2222-3333-4444-555555555555',
    scope: 'https://outlook.office365.com/.default',
    clientSecret: new Secret(clientSecret),
    refreshToken: null,
  };
}

/** Returns a client like one for Google. */
export function refreshTokenClient(tokenUrl: string): OAuthClient {
  return {
    tokenUrl,
    clientId: '123.apps.googleusercontent.com',
    scope: null,
    clientSecret: new Secret(clientSecret),
    refreshToken: new Secret(refreshToken),
  };
}

/** Every form in which a secret or a token could leak. */
export const secretForms = [clientSecret, refreshToken, 'token-1', 'token-2'].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  Buffer.from(`user=${mailbox}\u0001auth=Bearer ${secret}\u0001\u0001`).toString('base64'),
]);
