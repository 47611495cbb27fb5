import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { variables } from '../../src/config/settings.ts';
import { unknownVariables } from '../../src/config/unknown-variables.ts';

function messagesFor(env: NodeJS.ProcessEnv): string[] {
  return unknownVariables(env).map(({ message }) => message);
}

describe('an unknown variable', () => {
  const slips: [name: string, meant: string][] = [
    ['OMNI_BASEURL', 'OMNI_BASE_URL'],
    ['omni_base_url', 'OMNI_BASE_URL'],
    ['OMNI-BASE-URL', 'OMNI_BASE_URL'],
    ['OMNI_URL', 'OMNI_BASE_URL'],
    ['OMNI_API_KEY', 'OMNI_API_TOKEN'],
    ['OMNI_TIMEOUT', 'OMNI_TIMEOUT_SECONDS'],
    ['ORGANISATION_NAME', 'ORGANIZATION_NAME'],
    ['SMPT_HOST', 'SMTP_HOST'],
    ['SMTP_PASS', 'SMTP_PASSWORD'],
    ['SMTP_USER', 'SMTP_USERNAME'],
    ['SMTP_PASWORD_FILE', 'SMTP_PASSWORD_FILE'],
    ['MAILTO', 'MAIL_TO'],
    ['MAIL_FROM_ADDRESS', 'MAIL_FROM'],
    ['AUDIT_CORN', 'AUDIT_CRON'],
    ['DATABASEPATH', 'DATABASE_PATH'],
  ];
  for (const [name, meant] of slips) {
    test(`${name} is taken for ${meant}`, () => {
      assert.deepEqual(messagesFor({ [name]: 'hunter2' }), [`${name} is unknown: did you mean ${meant}?`]);
    });
  }

  test('with one of our prefixes is reported even if it is like none of ours', () => {
    const check = 'is unknown and has no effect: check its spelling';
    assert.deepEqual(messagesFor({ SMTP_FROM: 'x', SMTP_URL: 'x', DATABASE_URL: 'x', MAIL_TOKEN: 'x' }), [
      `DATABASE_URL ${check}`,
      `MAIL_TOKEN ${check}`,
      `SMTP_FROM ${check}`,
      `SMTP_URL ${check}`,
    ]);
  });

  test('of a file is reported if the variable is not secret', () => {
    assert.deepEqual(messagesFor({ SMTP_USERNAME_FILE: 'x' }), [
      'SMTP_USERNAME_FILE is unknown: set SMTP_USERNAME, because only secrets can come from a file',
    ]);
  });

  test('of a proxy is reported unless another one sets it', () => {
    assert.deepEqual(messagesFor({ all_proxy: 'x' }), ['all_proxy has no effect: set HTTPS_PROXY']);
    assert.deepEqual(messagesFor({ ALL_PROXY: 'x', https_proxy: 'x' }), []);
  });

  test('that belongs to somebody else is not reported, nor is one of ours', () => {
    const ours = variables.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name]));
    const others = [
      'PATH',
      'MAIL',
      'MAILCHECK',
      'LOGNAME',
      'HOSTNAME',
      'HTTP_HOST',
      'FTP_PORT',
      'HOME_DIR',
      'TIMEZONE',
      'TZ',
    ];
    const environment = (names: string[]): NodeJS.ProcessEnv => Object.fromEntries(names.map((name) => [name, 'x']));
    assert.deepEqual(messagesFor(environment(others)), []);
    assert.deepEqual(messagesFor(environment([...ours, 'MAILTO', 'LOGLEVEL'])), []);
  });
});
