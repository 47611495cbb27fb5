import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Environment } from '../../src/config/environment.ts';
import { tempFolder } from '../support/temp-folder.ts';

function fileWith(context: TestContext, content: string): string {
  const path = join(tempFolder(context), 'token');
  writeFileSync(path, content);
  return path;
}

describe('a secret in a file', () => {
  for (const [what, content] of [
    ['without a newline', 'hunter2'],
    ['with one newline', 'hunter2\n'],
    ['with one newline of Windows', 'hunter2\r\n'],
  ] as const) {
    test(`is read ${what} at its end`, (context) => {
      const env = new Environment({ OMNI_API_TOKEN_FILE: fileWith(context, content) });

      assert.equal(env.requiredSecret('OMNI_API_TOKEN')?.reveal(), 'hunter2');
      assert.deepEqual(env.problems, []);
    });
  }

  test('keeps spaces, which may belong to a password', (context) => {
    const env = new Environment({ SMTP_PASSWORD_FILE: fileWith(context, ' hunter2 \n') });

    assert.equal(env.secret('SMTP_PASSWORD')?.reveal(), ' hunter2 ');
  });

  test('loses one newline only, and more are a problem', (context) => {
    const env = new Environment({ OMNI_API_TOKEN_FILE: fileWith(context, 'hunter2\n\n') });

    assert.equal(env.requiredSecret('OMNI_API_TOKEN'), undefined);
    assert.deepEqual(env.problems, ['OMNI_API_TOKEN_FILE: leave out line breaks and control characters']);
  });

  test('that is empty is a problem', (context) => {
    const env = new Environment({ OMNI_API_TOKEN_FILE: fileWith(context, '\n') });

    assert.equal(env.requiredSecret('OMNI_API_TOKEN'), undefined);
    assert.deepEqual(env.problems, ['OMNI_API_TOKEN_FILE: the secret is empty']);
  });

  test('may not stand beside the same secret in its variable', (context) => {
    const path = fileWith(context, 'hunter2');
    const env = new Environment({ OMNI_API_TOKEN: 'hunter3', OMNI_API_TOKEN_FILE: path });

    assert.equal(env.requiredSecret('OMNI_API_TOKEN'), undefined);
    assert.deepEqual(env.problems, ['OMNI_API_TOKEN and OMNI_API_TOKEN_FILE are both set: keep one of them']);
  });

  test('counts where its variable is there but empty', (context) => {
    const env = new Environment({ OMNI_API_TOKEN: '', OMNI_API_TOKEN_FILE: fileWith(context, 'hunter2') });

    assert.equal(env.requiredSecret('OMNI_API_TOKEN')?.reveal(), 'hunter2');
  });

  for (const [path, code] of [
    [join(tmpdir(), 'environment-test', 'no', 'such', 'file'), 'ENOENT'],
    [tmpdir(), 'EISDIR'],
    ['nul\0byte', 'ERR_INVALID_ARG_VALUE'],
  ] as const) {
    test(`that cannot be read is a problem that says why (${code})`, () => {
      const env = new Environment({ OMNI_API_TOKEN_FILE: path });

      assert.equal(env.requiredSecret('OMNI_API_TOKEN'), undefined);
      assert.deepEqual(env.problems, [
        `OMNI_API_TOKEN_FILE ${JSON.stringify(path)}: the file cannot be read (${code})`,
      ]);
    });
  }
});

describe('a variable', () => {
  test('that is empty is not set', () => {
    const env = new Environment({ SMTP_PORT: '', SMTP_HOST: 'mail' });

    assert.equal(env.isSet('SMTP_PORT'), false);
    assert.equal(env.isSet('SMTP_HOST'), true);
  });

  test('that is required and has a default takes it', () => {
    assert.equal(new Environment({}).required('SMTP_PORT', Number), 587);
  });

  test('that is optional and has no default is undefined, without a problem', () => {
    const env = new Environment({});

    assert.equal(env.optional('ORGANIZATION_NAME', String), undefined);
    assert.deepEqual(env.problems, []);
  });

  test('whose parser has a defect does not pass it off as a problem of the value', () => {
    const env = new Environment({ SMTP_HOST: 'mail' });

    const parse = (): never => {
      throw new TypeError('a defect');
    };

    assert.throws(() => env.optional('SMTP_HOST', parse), TypeError);
    assert.deepEqual(env.problems, []);
  });
});
