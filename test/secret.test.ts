import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { format, inspect } from 'node:util';
import { createLogger } from '../src/logging.ts';
import { Secret } from '../src/secret.ts';

const value = 'omni_osk_hunter2';

function loggedWith(fields: Record<string, unknown>): string {
  const lines: string[] = [];
  createLogger('info', { write: (line) => lines.push(line) }).info(fields, 'a secret goes by');
  return lines.join('');
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
});
