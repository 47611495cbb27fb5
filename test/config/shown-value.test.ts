import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shownValue } from '../../src/config/shown-value.ts';

const uuid = '11111111-2222-3c33-4a44-55555b5e5f55';

describe('a value in an error message', () => {
  const concealed: [value: string, shown: string][] = [
    ['https://me:hunter2@acme.omniapp.co', 'https://[secret]@acme.omniapp.co'],
    ['https:me:hunter2@acme.omniapp.co', 'https:[secret]@acme.omniapp.co'],
    ['https:\\\\me:hunter2@acme.omniapp.co', 'https:\\\\[secret]@acme.omniapp.co'],
    ['https://hunter2@acme.omniapp.co', 'https://[secret]@acme.omniapp.co'],
    ['https://hunter%32%40acme.omniapp.co', 'https://[secret]%40acme.omniapp.co'],
    ['https%3A%2F%2Fme%3Ahunter2%40acme.omniapp.co', '[secret]%40acme.omniapp.co'],
    ['//me:hunter2@acme.omniapp.co', '//[secret]@acme.omniapp.co'],
    ['me:hunter2@mail:587', '[secret]@mail:587'],
    ['hunter2@mail', '[secret]@mail'],
    ['me:hunter2@hunter2@mail', '[secret]@mail'],
    ['me:hun\nter2＠mail', '[secret]＠mail'],
    ['me:hunter2', 'me:[secret]'],
    ['https://me:hun?ter2@mail', 'https://[secret]'],
    ['https://me:hun#ter2@mail', 'https://[secret]'],
    ['http://acme.omniapp.co?key=hunter2', 'http://acme.omniapp.co?[secret]'],
    ['http:acme.omniapp.co/?key=hunter2&mail=a@b', 'http:[secret]'],
    ['acme.omniapp.co/#hunter2', 'acme.omniapp.co/#[secret]'],
    ['acme.omniapp.co/%3Fkey=hunter2', 'acme.omniapp.co/%[secret]'],
    ['omni_osk_hunter2', '[secret]'],
    ['the key omni_osk_hunter2', 'the key [secret]'],
    ['https://kJ8dh3K9sdPqW2x7Lm4z.example', 'https://[secret].example'],
    ['BGx3/kJ8dh+3K9sdPqW2x7Lm4zQ=', '[secret]'],
    ['9f3c1b2a77de01c49f3c1b2a77de01c4', '[secret]'],
    ['kjdhqwpoieurnxmzbvqa', '[secret]'],
    [uuid, '[secret]'],
  ];
  for (const [value, shown] of concealed) {
    test(`is shown as ${shown} for ${JSON.stringify(value)}`, () => {
      assert.equal(shownValue(value, false), JSON.stringify(shown));
    });
  }

  for (const value of [
    'smtp://mail.acme.example:25/',
    'file:audit.db',
    'mail:25',
    '0 7 ? * MON-FRI',
    '0 7 * * 1#2 # daily',
    '+02:00',
    ':memory:',
    '/var/lib/omni-token-audit/backup-2026/audit.db',
    'notifications-of-the-security-team.acme-corporation.example',
    'smtp-relay-europe-west1-production.acme.example',
    'America/Argentina/Buenos_Aires_and_more',
    'C:\\data',
  ]) {
    test(`is shown as it is if it contains nothing secret: ${value}`, () => {
      assert.equal(shownValue(value, false), JSON.stringify(value));
    });
  }

  test('keeps the names of mailboxes, unless there is a colon or a URL', () => {
    assert.equal(shownValue('a@acme.com, security team', true), '"a@acme.com, security team"');
    assert.equal(shownValue('a@acme.com, me:hunter2@mail', true), '"[secret]@mail"');
    assert.equal(shownValue('a@acme.com, smtps://hunter2@mail', true), '"[secret]@mail"');
    assert.equal(shownValue('me%3Ahunter2@mail', true), '"[secret]@mail"');
  });

  test('is cut when it is long, after secrets were removed', () => {
    assert.equal(shownValue(`${'very long '.repeat(30)}`, false), `"${'very long '.repeat(20)}…"`);
    assert.equal(shownValue(`hunter2${' '.repeat(300)}@mail`, false), '"[secret]@mail"');
  });
});
