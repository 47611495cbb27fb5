import { setGlobalProxyFromEnv } from 'node:http';
import { z } from 'zod';
import type { Environment } from './env-file.ts';
import { Secret } from './secret.ts';
import { misreadingOf, type Setting } from './setting.ts';
import { shownValue } from './shown-value.ts';

/** The proxy for requests to Omni, the watchdog and a token endpoint. Mail never uses it. */
export interface HttpProxy {
  /** Without user name and password: `http://proxy.acme.example:3128`. */
  shown: string;
  url: Secret;
  /** The hosts that are reached without the proxy: those in NO_PROXY and, as in Go and Python, this machine. */
  noProxy: readonly string[];
}

/** Returns the name of the variable that sets the proxy; null if none does. Lower case wins, as in Node. */
export function proxyVariable(env: NodeJS.ProcessEnv): string | null {
  // Node uses HTTP_PROXY for https:// too, if there is no other. Only this machine may be asked with http://.
  return ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].find((name) => env[name]) ?? null;
}

/** The proxy of the environment; null when there is none. */
export const proxySetting: Setting<HttpProxy | null> = z.custom<Environment>().transform((env, ctx) => {
  const name = proxyVariable(env);
  if (name === null) return null;
  const value = env[name] ?? '';
  const excluded = env.no_proxy || env.NO_PROXY || '';
  const hint = misreadingOf(value) ?? mistakeIn(value);
  if (hint !== null) ctx.addIssue(`${name} ${shownValue(value, false)}: ${hint}`);
  const hintForExcluded = excluded === '' ? null : misreadingOf(excluded);
  if (hintForExcluded !== null) ctx.addIssue(`NO_PROXY ${shownValue(excluded, false)}: ${hintForExcluded}`);
  const url = URL.parse(value);
  if (url === null) return z.NEVER;
  const { protocol, hostname, port } = url;
  return {
    shown: `${protocol}//${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`,
    url: new Secret(value),
    noProxy: [...excluded.split(/[,\s]+/).filter((host) => host !== ''), 'localhost', '127.0.0.1', '[::1]'],
  };
});

const example = 'http://proxy.acme.example:3128';
const encodeLogin = 'write special characters of the user name and the password percent-encoded, such as %23 for "#"';

/** Returns a hint if Node would ignore the URL of a proxy, use only a part of it, or end with a stack trace; otherwise null. */
function mistakeIn(value: string): string | null {
  if (!/^https?:\/\//i.test(value)) {
    return /^[a-z][\w+.-]*:\/\//i.test(value)
      ? 'use a proxy with http:// or https://'
      : `begin with http://, as in ${example}`;
  }
  const url = URL.parse(value);
  if (/\s/.test(value) || (url === null && !value.includes('@')) || url?.port === '0')
    return `use a host and a port, as in ${example}`;
  if (url === null || !isEncoded(url.username + url.password)) return encodeLogin;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return value.includes('@') ? encodeLogin : `remove everything after the port, as in ${example}`;
  }
  const hasHalf = (url.username === '') !== (url.password === '');
  return hasHalf ? 'set both user name and password, or neither; Node would send neither' : null;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns whether requests to a URL go through the proxy. Compares hosts as Node does. */
export function usesProxy({ noProxy }: HttpProxy, url: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  const ownPort = port || (protocol === 'https:' ? '443' : '80');
  return !noProxy.some((entry) => {
    const [, host = '', entryPort = ownPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    return entry === '*' || (entryPort === ownPort && (hostname === host || hostname.endsWith(`.${host}`)));
  });
}

/**
 * Returns a function that makes all later `fetch` requests use a proxy, or none. Calling it again with the same proxy does
 * nothing, so that settings can be read again for each audit.
 */
export function createProxySwitch(): (proxy: HttpProxy | null) => void {
  let restore = (): void => {};
  let current = '';
  return (proxy) => {
    const noProxy = proxy?.noProxy.includes('*') ? '*' : (proxy?.noProxy.join(',') ?? '');
    const url = proxy?.url.reveal() ?? '';
    if (current === `${url} ${noProxy}`) return;
    current = `${url} ${noProxy}`;
    restore();
    restore =
      proxy === null ? () => {} : setGlobalProxyFromEnv({ https_proxy: url, http_proxy: url, no_proxy: noProxy });
  };
}
