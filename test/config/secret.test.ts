import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from '../../src/config/secret.ts';
import { recordLog } from '../support/log-lines.ts';

const value = 'omni_osk_hunter2';

function loggedWith(fields: Record<string, unknown>): string {
  const { log, written } = recordLog();
  log.info(fields, 'a secret goes by');
  return written.join('');
}

describe('a secret', () => {
  test('is given away by reveal alone', () => {
    assert.equal(new Secret(value).reveal(), value);
  });

  const secret = new Secret(value);
  const shown: [how: string, text: string][] = [
    ['String()', String(secret)],
    ['a template', `${secret}`],
    ['a concatenation', `${['', secret].join('')}`],
    ['JSON.stringify', JSON.stringify({ secret })],
    ['util.inspect', inspect({ deep: { secret } }, { showHidden: true, depth: 9 })],
    ['util.format', format('%s %o %O %j', secret, secret, secret, secret)],
    ['a log line', loggedWith({ secret, deep: { secret }, list: [secret] })],
  ];
  for (const [how, text] of shown) {
    test(`prints as [secret] in ${how}`, () => {
      assert.match(text, /\[secret\]/);
      assert.doesNotMatch(text, /hunter2/);
    });
  }

  test('does not go along when its fields are copied', () => {
    assert.deepEqual({ ...new Secret(value) }, {});
    assert.doesNotMatch(JSON.stringify(structuredClone({ ...new Secret(value) })), /hunter2/);
  });

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const repeated: [how: string, text: string][] = [
    ['as it is', `no: ${value}!`],
    ['twice', `${value} ${value}`],
    ['in a URL', `https://x.example/?p=${encodeURIComponent(value)}`],
    ['in base64', base64(value)],
    ['in the log-in of AUTH PLAIN', base64(`\0audit\0${value}`)],
    ['in the log-in of XOAUTH2', base64(`user=a@acme.example\x01auth=Bearer ${value}\x01\x01`)],
    ['in base64 for URLs', Buffer.from(`ab${value}`).toString('base64url')],
  ];
  for (const [how, text] of repeated) {
    test(`is taken out of what somebody repeats ${how}`, () => {
      const concealed = new Secret(value).concealIn(text);
      assert.match(concealed, /\[secret\]/);
      assert.ok(!concealed.includes(value) && !Buffer.from(concealed, 'base64').toString().includes(value));
    });
  }

  test('leaves a text alone in which it does not stand', () => {
    assert.equal(new Secret(value).concealIn('535 5.7.8 authentication failed'), '535 5.7.8 authentication failed');
    assert.equal(new Secret('').concealIn('as it was'), 'as it was');
  });
});
