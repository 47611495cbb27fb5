import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ZodError } from 'zod';
import {
  baseUrl,
  dayThresholds,
  hostName,
  isLoopback,
  mailAddress,
  mailAddresses,
  retentionDays,
  wholeNumber,
} from '../../src/config/parsers.ts';

describe('a base URL', () => {
  const good = [
    ['https://acme.omniapp.co', 'https://acme.omniapp.co'],
    ['https://acme.omniapp.co/', 'https://acme.omniapp.co'],
    ['https://ACME.omniapp.co:8443//', 'https://acme.omniapp.co:8443'],
    ['https://acme.com/omni/eu/', 'https://acme.com/omni/eu'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ] as const;
  for (const [value, expected] of good) {
    test(`${value} is taken as ${expected}`, () => {
      assert.equal(baseUrl.parse(value), expected);
    });
  }

  const bad = [
    ['acme.omniapp.co', /give an address such as/],
    ['ftp://acme.omniapp.co', /give an address such as/],
    ['javascript:alert(1)', /give an address such as/],
    ['http://acme.omniapp.co', /use https:/],
    ['http://localhost.acme.com', /use https:/],
    ['http://127.0.0.1.acme.com', /use https:/],
    ['http://10.0.0.1', /use https:/],
    ['https://me:pass@acme.omniapp.co', /leave out the user name and password/],
    ['https://acme.omniapp.co?x=1', /leave out everything from/],
    ['https://acme.omniapp.co/#top', /leave out everything from/],
    ['https://acme.omniapp.co/api', /leave out \/api/],
    ['https://acme.omniapp.co/api/v1/', /leave out \/api/],
    ['https://acme.omniapp.co/$(id)', /leave out all but .* from the path/],
    ["https://acme.omniapp.co/a'b", /leave out all but .* from the path/],
  ] as const;
  for (const [value, hint] of bad) {
    test(`${value} is refused with the hint`, () => {
      assert.throws(() => baseUrl.parse(value), hint);
      assert.throws(() => baseUrl.parse(value), ZodError);
    });
  }

  for (const value of ['https://acme$(id).co', 'https://a`id`.co', 'https://a;id.co', "https://a'b.co"]) {
    test(`${value} is refused, since it goes into a line for the shell`, () => {
      assert.throws(() => baseUrl.parse(value), ZodError);
    });
  }
});

describe('a loopback host', () => {
  test('is this machine in any of its spellings, and nothing that only looks like it', () => {
    const hosts = ['localhost', 'LocalHost', '127.0.0.1', '127.255.0.9', '::1', '[::1]'];
    const others = ['localhost.evil.example', '127.0.0.1.evil.example', '127.evil', '0.0.0.0', '::', '128.0.0.1', ''];

    assert.deepEqual(hosts.filter(isLoopback), hosts);
    assert.deepEqual(others.filter(isLoopback), []);
  });
});

describe('a host name', () => {
  test('is a name or an IP address', () => {
    for (const host of ['mail', 'mail.acme.com.', 'smtp_relay.internal', '10.0.0.1', 'fe80::1', 'bücher.example']) {
      assert.equal(hostName.parse(host), host);
    }
  });

  test('has no scheme, port, path or space', () => {
    for (const host of ['smtp://mail', 'mail:25', 'mail/x', 'mail acme', ' mail', '-mail', '', 'a\nb']) {
      assert.throws(() => hostName.parse(host), ZodError, host);
    }
  });
});

describe('how long history is kept', () => {
  test('is for ever with 0, or at least as long as mails look back', () => {
    assert.deepEqual(
      ['0', '90', '730'].map((value) => retentionDays.parse(value)),
      [0, 90, 730],
    );
    for (const value of ['1', '89'])
      assert.throws(() => retentionDays.parse(value), /at least 90 days, or 0 to keep everything/);
    for (const value of ['-1', 'x', '36501'])
      assert.throws(() => retentionDays.parse(value), /a whole number from 0 to 36500/);
  });
});

describe('a whole number', () => {
  const port = wholeNumber(1, 65_535);

  test('is taken from its lowest to its highest', () => {
    assert.equal(port.parse('1'), 1);
    assert.equal(port.parse('65535'), 65_535);
  });

  test('is nothing that merely resembles one', () => {
    for (const value of ['0', '65536', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', '１', 'NaN', '9'.repeat(400)]) {
      assert.throws(() => port.parse(value), /give a whole number from 1 to 65535/, value);
    }
  });
});

describe('thresholds in days', () => {
  test('ascend, and may have spaces around them', () => {
    assert.deepEqual(dayThresholds.parse('90'), [90]);
    assert.deepEqual(dayThresholds.parse('90, 180 ,365'), [90, 180, 365]);
  });

  test('are none at all for a single 0', () => {
    assert.deepEqual(dayThresholds.parse('0'), []);
  });

  test('neither repeat, fall, lack nor begin with 0', () => {
    for (const value of ['90,90', '180,90', '0,90', '90,', ',90', '90;180', '-1', '36501', 'off']) {
      assert.throws(() => dayThresholds.parse(value), ZodError, value);
    }
  });
});

describe('mail addresses', () => {
  test('are separated by commas, with or without names', () => {
    assert.deepEqual(mailAddresses.parse('a@acme.com, Security Team <b@acme.com>,"Doe, Jane" <c@acme.com>'), [
      { address: 'a@acme.com', header: 'a@acme.com' },
      { address: 'b@acme.com', header: '"Security Team" <b@acme.com>' },
      { address: 'c@acme.com', header: '"Doe, Jane" <c@acme.com>' },
    ]);
  });

  test('are taken once each, whatever their case', () => {
    assert.equal(mailAddresses.parse('a@acme.com, b@acme.com, A@ACME.com').length, 2);
  });

  test('may be international', () => {
    assert.deepEqual(mailAddresses.parse('Jörg Müller <jörg@bücher.example>, 用户@例子.中国'), [
      { address: 'jörg@bücher.example', header: '"Jörg Müller" <jörg@bücher.example>' },
      { address: '用户@例子.中国', header: '用户@例子.中国' },
    ]);
  });

  test('are refused where they are none, and the wrong one is named', () => {
    assert.throws(() => mailAddresses.parse('a@acme.com, security team'), /security team.* is not a mail address/);
    for (const value of ['nobody', '@acme.com', 'a@', 'a@b@c', 'Team: a@acme.com, b@acme.com;', ',', ' ', '<>']) {
      assert.throws(() => mailAddresses.parse(value), ZodError, value);
    }
  });

  test('cannot bring in another header', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom('\r\n', '\n', '\r'),
        (text, newline) => {
          try {
            const found = mailAddresses.parse(`${text}${newline}Bcc: <a@acme.com>`);
            for (const { address, header } of found) assert.doesNotMatch(address + header, /[\r\n]/);
          } catch (error) {
            assert.ok(error instanceof ZodError, String(error));
          }
        },
      ),
    );
  });

  test('are refused with a control character in them', () => {
    assert.throws(() => mailAddresses.parse('a\u0001b@acme.com'), ZodError);
  });

  test('are exactly one where one is wanted', () => {
    assert.equal(mailAddress.parse('Omni tokens <audit@acme.com>').header, '"Omni tokens" <audit@acme.com>');
    assert.throws(() => mailAddress.parse('a@acme.com, b@acme.com'), /give exactly one address/);
  });
});
