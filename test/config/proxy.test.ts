import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ProxySettings, proxyFor } from '../../src/config/proxy.ts';
import { loadConfig } from '../../src/config/settings.ts';
import { problemsOfLoading } from './config-problems.ts';

function proxyOf(env: NodeJS.ProcessEnv): ProxySettings {
  return loadConfig(env, ['proxy']).proxy;
}

describe('the proxy', () => {
  const [one, two] = ['http://one.example:1', 'http://two.example:2'];
  for (const [env, forHttps, forHttp] of [
    [{}, null, null],
    [{ https_proxy: one, HTTPS_PROXY: two }, one, null],
    [{ https_proxy: '', HTTPS_PROXY: one, http_proxy: two }, one, two],
    [{ http_proxy: one, HTTP_PROXY: two }, one, one],
    [{ ALL_PROXY: one, NO_PROXY: '' }, null, null],
    [{ HTTPS_PROXY: one, no_proxy: '*' }, null, null],
    [{ HTTPS_PROXY: 'https://me:hunter%232@proxy.example/' }, 'https://proxy.example:443', null],
  ] as const) {
    test(`of ${JSON.stringify(env)} is ${forHttps} for https:, ${forHttp} for http:`, () => {
      const settings = proxyOf(env);
      assert.equal(proxyFor('https://acme.omniapp.co', settings), forHttps);
      assert.equal(proxyFor('http://localhost', settings), forHttp);
      assert.doesNotMatch(JSON.stringify(settings), /hunter/);
    });
  }

  const urls: [url: string, isUsed: boolean][] = [
    ['https://acme.omniapp.co', true],
    ['https://a.example/path', false],
    ['https://x.a.example', false],
    ['https://xa.example', true],
    ['https://b.example', false],
    ['https://x.b.example:8443', false],
    ['https://c.example:8443', false],
    ['https://c.example', true],
    ['https://10.0.0.1', true],
    ['http://[::1]:8080', false],
  ];
  for (const [url, isUsed] of urls) {
    test(`is ${isUsed ? '' : 'not '}used for ${url}`, () => {
      const no_proxy = 'a.example, .b.example *.C.example:8443 10.0.0.0/8,[::1]';
      assert.equal(proxyFor(url, proxyOf({ HTTP_PROXY: one, no_proxy })), isUsed ? one : null);
    });
  }

  const begin = 'begin with http://, as in http://proxy.acme.example:3128';
  const host = 'use a host and a port, as in http://proxy.acme.example:3128';
  const encode = 'write special characters of the user name and the password percent-encoded, such as %23 for "#"';
  const refused: [value: string, shown: string, hint: string][] = [
    ['proxy.acme.example:3128', 'proxy.acme.example:3128', begin],
    ['proxy.acme.example', 'proxy.acme.example', begin],
    ['http:proxy:3128', 'http:proxy:3128', begin],
    ['me:hunter2@proxy:3128', '[secret]@proxy:3128', begin],
    ['socks5://proxy:1080', 'socks5://proxy:1080', 'use a proxy with http:// or https://'],
    ['http://proxy:99999', 'http://proxy:99999', host],
    ['http://proxy:0', 'http://proxy:0', host],
    ['http://proxy acme:3128', 'http://proxy acme:3128', host],
    ['http://proxy:3128 ', 'http://proxy:3128 ', host],
    [
      'http://proxy:3128/path',
      'http://proxy:3128/path',
      'remove everything after the port, as in http://proxy.acme.example:3128',
    ],
    ['http://me:hun/ter2@proxy:3128', 'http://[secret]@proxy:3128', encode],
    ['http://me:hun#ter2@proxy:3128', 'http://[secret]', encode],
    ['http://me:hunter%2@proxy:3128', 'http://[secret]@proxy:3128', encode],
    [
      'http://me@proxy:3128',
      'http://[secret]@proxy:3128',
      'set both user name and password, or neither; Node would send neither',
    ],
    [
      '"http://proxy:3128"',
      '"http://proxy:3128"',
      'remove the quotes around the value; `docker --env-file` makes them part of it',
    ],
  ];
  for (const [value, shown, hint] of refused) {
    test(`is refused with a hint: ${value}`, () => {
      assert.deepEqual(
        problemsOfLoading(() => proxyOf({ HTTPS_PROXY: value })),
        [`HTTPS_PROXY ${JSON.stringify(shown)}: ${hint}`],
      );
    });
  }
});
