import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';
import { recordLog } from '../support/log-lines.ts';

const value = 'omni_osk_hunter2';
const secret = new Secret(value);

describe('a secret', () => {
  test('is shown as [secret] wherever it is printed, logged or copied', () => {
    const { log, written } = recordLog();
    log.info({ secret, deep: { secret }, list: [secret] }, 'a log line');
    const shown = [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
      format('%s %o %O %j', secret, secret, secret, secret),
      written.join(''),
    ];
    for (const text of shown) {
      assert.match(text, /\[secret\]/);
      assert.doesNotMatch(text, /hunter2/);
    }
    assert.deepEqual({ ...secret }, {});
  });

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const replies: [form: string, text: string][] = [
    ['literally, twice', `no: ${value} ${value}!`],
    ['in the login of AUTH PLAIN', base64(`\0audit\0${value}`)],
    ['in the login of XOAUTH2', base64(`user=a@acme.example\x01auth=Bearer ${value}\x01\x01`)],
    ['in base64 for URLs', Buffer.from(`ab${value}`).toString('base64url')],
  ];
  for (const [form, text] of replies) {
    test(`is removed from a reply that repeats it ${form}`, () => {
      const concealed = secret.concealIn(text);
      assert.match(concealed, /\[secret\]/);
      assert.ok(!concealed.includes(value) && !Buffer.from(concealed, 'base64').toString().includes(value));
    });
  }

  test('is removed from a reply that escapes it', () => {
    const special = new Secret('a"b c&(d');
    for (const text of ['{"x":"a\\"b c&(d"}', '?p=a%22b%20c%26(d', '?p=a%22b+c%26%28d']) {
      assert.match(special.concealIn(text), /[:=]"?\[secret\]/);
    }
  });

  test('changes no text that does not contain it', () => {
    assert.equal(secret.concealIn('535 5.7.8 authentication failed'), '535 5.7.8 authentication failed');
    assert.equal(new Secret('').concealIn('unchanged'), 'unchanged');
  });
});
