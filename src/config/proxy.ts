import nodeHttp from 'node:http';
import { z } from 'zod';
import type { Environment } from './env-file.ts';
import { Secret } from './secret.ts';
import { misreadingOf, type Setting } from './setting.ts';
import { shownValue } from './shown-value.ts';

/** How requests to Omni, the watchdog and a token endpoint leave this machine. Mail never uses a proxy. */
export interface ProxySettings {
  /** The proxy for https: and the one for http:, with their logins; null when there is none. */
  https: Secret | null;
  http: Secret | null;
  /** The value of NO_PROXY: hosts that are reached directly. */
  noProxy: string;
}

/** Returns the name of the variable with the proxy for https:; null if there is none. HTTP_PROXY is the last choice, as in Node. */
export function proxyVariable(env: NodeJS.ProcessEnv): string | null {
  return nameOf('https', env) ?? nameOf('http', env) ?? null;
}

/** Lower case wins, as in Node. */
function nameOf(protocol: 'https' | 'http', env: NodeJS.ProcessEnv): string | undefined {
  return [`${protocol}_proxy`, `${protocol}_proxy`.toUpperCase()].find((name) => env[name]);
}

export const proxySettings: Setting<ProxySettings> = z.custom<Environment>().transform((env, ctx) => {
  function read(protocol: 'https' | 'http'): Secret | null {
    const name = nameOf(protocol, env) ?? '';
    const value = env[name];
    if (!value) return null;
    const hint = misreadingOf(value) ?? mistakeIn(value);
    if (hint !== null) ctx.addIssue(`${name} ${shownValue(value, false)}: ${hint}`);
    return new Secret(value);
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    ctx.addIssue(
      'NODE_TLS_REJECT_UNAUTHORIZED "0": anybody could pretend to be Omni; remove it, and set NODE_EXTRA_CA_CERTS for a private certificate authority',
    );
  }
  const noProxy = env.no_proxy || env.NO_PROXY || '';
  const hint = noProxy === '' ? null : misreadingOf(noProxy);
  if (hint !== null) ctx.addIssue(`${env.no_proxy ? 'no_proxy' : 'NO_PROXY'} ${shownValue(noProxy, false)}: ${hint}`);
  return { https: read('https'), http: read('http'), noProxy };
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

/** Returns the proxy for requests to a URL, without its login: `http://proxy.acme.example:3128`; null if they go directly. */
export function proxyFor(url: string, { https, http, noProxy }: ProxySettings): string | null {
  const target = new URL(url);
  const proxy = (target.protocol === 'https:' ? https : null) ?? http;
  if (proxy === null || isExcluded(target, noProxy)) return null;
  const { protocol, hostname, port } = new URL(proxy.reveal());
  return `${protocol}//${hostname}:${port || defaultPort(protocol)}`;
}

/** Compares hosts as Node does. */
function isExcluded({ protocol, hostname, port }: URL, noProxy: string): boolean {
  const targetPort = port || defaultPort(protocol);
  if (noProxy === '*') return true;
  return noProxy.split(/[,\s]+/).some((entry) => {
    const [, host = '', entryPort = targetPort] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    return host !== '' && entryPort === targetPort && (hostname === host || hostname.endsWith(`.${host}`));
  });
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}

/**
 * Returns a function that makes all later requests follow proxy settings. Calling it again with the same settings does nothing,
 * so that they can be read again for each audit.
 */
export function createProxySwitch(): (settings: ProxySettings) => void {
  let restore = (): void => {};
  let current = '';
  return ({ https, http, noProxy }) => {
    const env = { https_proxy: https?.reveal() ?? '', http_proxy: http?.reveal() ?? '', no_proxy: noProxy };
    const next = https === null && http === null ? '' : JSON.stringify(env);
    if (next === current) return;
    restore();
    restore = next === '' ? () => {} : nodeHttp.setGlobalProxyFromEnv(env);
    current = next;
  };
}
