import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as parsers from '../../src/config/parsers.ts';

const { baseUrl, bearerToken, cronExpression, dayThresholds, ehloName, hostName, isLoopback } = parsers;
const { databasePath, retentionDays, tokenUrl } = parsers;
const port = parsers.wholeNumber(1, 65_535);

describe('a setting is accepted:', () => {
  const accepted: [what: string, parser: parsers.Parser<unknown>, value: string, parsed: unknown][] = [
    ['an Omni address in capitals', baseUrl, 'https://ACME.omniapp.co:8443//', 'https://acme.omniapp.co:8443'],
    ['an Omni address with a path', baseUrl, 'https://acme.com/omni/eu/', 'https://acme.com/omni/eu'],
    ['an international Omni address', baseUrl, 'https://bücher.example', 'https://xn--bcher-kva.example'],
    ['an Omni address on this machine', baseUrl, 'http://[::1]:8080', 'http://[::1]:8080'],
    ['a token URL on this machine', tokenUrl, 'http://localhost:8080/token', 'http://localhost:8080/token'],
    ['a token URL with a query', tokenUrl, 'https://a.example/t?policy=mail', 'https://a.example/t?policy=mail'],
    ['a time zone in lower case', parsers.timeZone, 'europe/berlin', 'Europe/Berlin'],
    ['another name of UTC', parsers.timeZone, 'Etc/UTC', 'UTC'],
    ['a time zone that had another name', parsers.timeZone, 'Asia/Kolkata', 'Asia/Kolkata'],
    ['a time zone under its former name', parsers.timeZone, 'Asia/Calcutta', 'Asia/Calcutta'],
    ['a time zone of a linked name', parsers.timeZone, 'US/Pacific', 'US/Pacific'],
    ['UTC in lower case', parsers.timeZone, 'utc', 'UTC'],
    ['the path of a database', databasePath, './data folder/Jörg.db', './data folder/Jörg.db'],
    ['a database without an ending', databasePath, '/data/2026-wal.x/audit', '/data/2026-wal.x/audit'],
    ['a password with spaces', parsers.password, ' hunter2 \u00a0x ', ' hunter2 \u00a0x '],
    ['a name with an emoji of several characters', parsers.label, 'Acme 👩‍🔬', 'Acme 👩‍🔬'],
    [
      'a host name with many digits',
      hostName,
      'vpce-0a1b2c3d4e5f6a7b8.acme.example',
      'vpce-0a1b2c3d4e5f6a7b8.acme.example',
    ],
    ['a host name', hostName, 'smtp_relay.bücher.example.', 'smtp_relay.bücher.example.'],
    ['an IP address', hostName, 'fe80::1', 'fe80::1'],
    ['an IPv4 address for EHLO', ehloName, '192.0.2.1', '[192.0.2.1]'],
    ['an IPv6 address for EHLO', ehloName, '2001:db8::1', '[IPv6:2001:db8::1]'],
    ['the smallest number', port, '1', 1],
    ['the largest number', port, '65535', 65_535],
    ['a minimal retention', retentionDays, '90', 90],
    ['an unlimited retention', retentionDays, '0', 0],
    ['thresholds', dayThresholds, '90, 180 ,365', [90, 180, 365]],
    ['no thresholds', dayThresholds, '0', []],
  ];
  for (const [what, parser, value, parsed] of accepted) {
    test(`${what} (${value})`, () => {
      assert.deepEqual(parser.parse(value), parsed);
    });
  }
});

describe('a setting is refused with a hint:', () => {
  const noHttp = 'use https://, because http:// would send the API token unencrypted';
  const badHost = 'use a host name or an IP address, without a scheme or port';
  const badToken =
    'copy the token again: it contains a space, a line break or another character that no token can contain';
  const notAscending = 'list days in ascending order, such as 90,180,365, or use 0 to switch the rule off';
  const noSpaces = 'remove spaces at the beginning or end';
  const anyZone = 'use a time zone such as Europe/Berlin or UTC';
  const numbers = ['0', '65536', '-1', '+1', '1.5', '1e3', '1_000', '0x10', '１', 'NaN', '9'.repeat(400)];
  const refused: [parser: parsers.Parser<unknown>, hint: string, ...values: string[]][] = [
    [baseUrl, 'use an address such as https://acme.omniapp.co', 'acme.omniapp.co', 'ftp://acme.omniapp.co'],
    [baseUrl, noHttp, 'http://acme.omniapp.co', 'http://127.0.0.1.acme.com'],
    [baseUrl, 'remove the user name and password', 'https://me:pass@acme.omniapp.co'],
    [
      baseUrl,
      'remove the "?" or "#" and everything after it',
      'https://acme.omniapp.co?x=1',
      'https://acme.omniapp.co/#top',
    ],
    [baseUrl, 'remove /api and everything after it', 'https://acme.omniapp.co/api', 'https://acme.omniapp.co/api/v1/'],
    [
      baseUrl,
      'use only letters, digits, and . _ - in the host',
      'https://a$(id).co',
      'https://a`id`.co',
      "https://a'.co",
    ],
    [baseUrl, 'use only letters, digits, and / . ~ _ - in the path', 'https://a.co/$(id)', "https://a.co/a'b"],
    [tokenUrl, 'use an https:// address', 'oauth2.example'],
    [tokenUrl, 'use https://', 'http://oauth2.example/token'],
    [tokenUrl, 'remove the user name and password', 'https://me:hunter2@oauth2.example/'],
    [tokenUrl, 'remove the "#" and everything after it', 'https://oauth2.example/#a'],
    [ehloName, 'use a valid host name; one of its labels is not valid Punycode', 'xn--a', 'bücher.xn--a'],
    [hostName, badHost, 'smtp://mail', 'mail:25', 'mail/x', 'mail acme', '-mail', ''],
    [hostName, 'remove line breaks and control characters', 'a\nb', 'mail\r'],
    [bearerToken, badToken, 'a b', 'a\n', 'ä', ''],
    [port, 'use a whole number from 1 to 65535', ...numbers],
    [retentionDays, 'keep at least 90 days, or use 0 to keep everything', '1', '89'],
    [dayThresholds, notAscending, '90,90', '180,90', '0,90'],
    [dayThresholds, 'use a whole number from 0 to 36500', '90,', '-1', '36501', 'off'],
    [dayThresholds, 'separate days with commas, such as 90,180,365', '90;180', '90 180', '90|180'],
    [parsers.timeZone, anyZone, 'Europe/Nowhere', 'Europe', 'America/New York', 'Singapore', ''],
    [
      parsers.timeZone,
      `${anyZone}, because an offset or an abbreviation does not follow daylight saving time`,
      ...['+02:00', 'UTC+2', 'GMT+1', 'Etc/GMT+2', 'CET', 'PST', 'EST5EDT', 'GMT', 'Z'],
    ],
    [port, noSpaces, '587 ', ' 587'],
    [hostName, noSpaces, ' mail', 'mail '],
    [baseUrl, noSpaces, 'https://acme.omniapp.co '],
    [parsers.label, noSpaces, ' Acme'],
    [hostName, 'use a host name; this looks like a secret', 'omni_osk_hunter2', 'kJ8dh3K-9sdPqW2x_7Lm4'],
    [hostName, 'remove invisible characters', 'mail.acme\u200b.example', 'mail\u202e'],
    [parsers.password, 'remove invisible characters', 'hunter2\u200b', '\ufeffhunter2', 'hunter\u2028two'],
    [parsers.password, 'remove invisible white space at the beginning or end', '\u00a0hunter2', 'hunter2\u3000'],
    [baseUrl, 'remove the white space', 'https://acme omniapp.co'],
    [
      baseUrl,
      'remove everything after omniapp.co',
      'https://acme.omniapp.co/home',
      'https://acme.omniapp.co/dashboards/1',
    ],
    [baseUrl, 'remove one of the schemes, or the "//" in the path', 'https://https://acme.omniapp.co'],
    [bearerToken, 'remove the word Bearer, and use the token alone', 'Bearer omni_osk_hunter2'],
    [
      databasePath,
      'use a file such as ./data/audit.db, because the history must outlive the program',
      ...[':memory:', 'file::memory:'],
    ],
    [
      databasePath,
      'use a plain path such as /data/audit.db, without a scheme or host',
      ...['file:audit.db', 'file:///data/audit.db', 'sqlite:audit.db', 'postgres://me@host/db', 'nas:/export/audit.db'],
    ],
    [
      databasePath,
      'write the path out, because only a shell replaces ~ and variables',
      ...['~/audit.db', '~', '$HOME/audit.db', '/data/$(hostname).db', '%APPDATA%/audit.db'],
    ],
    [
      databasePath,
      'use a path for this operating system, such as /data/audit.db',
      'C:\\data\\audit.db',
      'c:/audit.db',
      'data\\a.db',
    ],
    [databasePath, 'add the name of a file, such as audit.db, because this is a folder', 'data/', '/', '.', '../..'],
    [
      databasePath,
      'use the name of the database, without -wal, -shm or -journal',
      'data/audit.db-wal',
      'audit.db-journal',
    ],
    [databasePath, 'remove the "?" or "*"', 'audit.db?mode=ro'],
    [databasePath, noSpaces, ' audit.db', 'audit.db '],
    [databasePath, 'remove line breaks and control characters', 'audit\0.db', 'audit.db\r'],
  ];
  for (const [parser, hint, ...values] of refused) {
    test(`${JSON.stringify(values[0])}: ${hint}`, () => {
      for (const value of values) {
        assert.equal(parser.safeParse(value).error?.issues[0]?.message, hint, JSON.stringify(value));
      }
    });
  }

  test('a cron expression that is invalid or never due', () => {
    assert.equal(cronExpression.parse('0 7 * * 1-5'), '0 7 * * 1-5');
    const problemOf = (value: string): string => cronExpression.safeParse(value).error?.issues[0]?.message ?? '';
    const hint =
      /.; write minute, hour, day of month, month and day of week, separated by spaces, such as "0 7 \* \* 1-5"$/;
    for (const value of ['61 * * * *', '0 7 ? * 9', '0 0 30 2 *', '']) assert.match(problemOf(value), hint);
    assert.equal(problemOf('0 7 29 2 2'), 'it never runs, or runs less than once in nine years');
  });
});

test('this machine has several loopback addresses, and similar names are other machines', () => {
  const hosts = ['localhost', 'LocalHost', '127.0.0.1', '127.255.0.9', '::1', '[::1]'];
  const others = ['localhost.evil.example', '127.0.0.1.evil.example', '127.evil', '0.0.0.0', '::', '128.0.0.1', ''];
  assert.deepEqual([...hosts, ...others].filter(isLoopback), hosts);
});
