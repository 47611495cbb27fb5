import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { mailAddress, mailAddresses } from '../../src/config/mail-addresses.ts';

/** The message of the only issue; null if the value is accepted. */
function problemWith(value: string): string | null {
  return (
    mailAddresses
      .safeParse(value)
      .error?.issues.map(({ message }) => message)
      .join('\n') ?? null
  );
}

describe('recipients are accepted:', () => {
  test('alone, in brackets, after a name, and after a quoted name; each mailbox once', () => {
    const value =
      'a@acme.com, Security Team <b@acme.com>,"Doe, \\"J\\" Jane" <c@acme.com>, <d@acme.com> ,A@ACME.com,"x"<e@acme.com>';
    assert.deepEqual(mailAddresses.parse(value), [
      { address: 'A@ACME.com', header: 'A@ACME.com' },
      { address: 'b@acme.com', header: '"Security Team" <b@acme.com>' },
      { address: 'c@acme.com', header: '"Doe, \\"J\\" Jane" <c@acme.com>' },
      { address: 'd@acme.com', header: 'd@acme.com' },
      { address: 'e@acme.com', header: '"x" <e@acme.com>' },
    ]);
  });

  test('with international names and domains, and counts two forms of a domain as one mailbox', () => {
    const jorg = { address: 'jörg@bücher.example', header: '"Jörg" <jörg@bücher.example>' };
    assert.deepEqual(mailAddresses.parse('Jörg <jörg@bücher.example>'), [jorg]);
    assert.deepEqual(mailAddresses.parse('a@bücher.example, A@xn--bcher-kva.example').length, 1);
    assert.deepEqual(mailAddress.parse('Jörg <jörg@bücher.example>'), jorg);
  });

  for (const address of ["o'neil+x=y@acme-1.example", 'a.b_c@localhost', `${'a'.repeat(64)}@acme.example`, '1@1.a1']) {
    test(address, () => assert.deepEqual(mailAddresses.parse(address), [{ address, header: address }]));
  }
});

describe('recipients are refused, with the value and a hint:', () => {
  const notOne = 'is not one mail address; separate addresses with commas';
  const notAny = 'is not a mail address; use name@example.com';
  const extraAt = 'has an "@" before the address; remove it, or separate addresses with commas';
  const lonelyComma = 'has a comma without an address before or after it; remove the comma or add the address';
  const controls = 'remove line breaks and control characters';
  const invisible = (codePoint: string): string => `contains the invisible character ${codePoint}; remove it`;
  const refused: [value: string, problem: string, named?: string][] = [
    ['jane@acme.example bob@acme.example', notOne],
    ['<a@x.example> <b@x.example>', notOne],
    ['a@x.example and b@x.example', notOne],
    ['a@x.example (b@x.example)', notOne],
    ['a@x.example; b@x.example', notOne],
    ['a@x.example;', notOne],
    ['a@x.example/b@x.example', notOne],
    ['c@x.example, a@x.example b@x.example', notOne, 'a@x.example b@x.example'],
    ['a@x.example <b@x.example>', extraAt],
    ['"bob@x.example" <a@x.example>', extraAt],
    ['Bob @ Acme <b@x.example>', extraAt],
    ['a@x\u200b.example', invisible('U+200B')],
    ['\ufeffa@x.example', invisible('U+FEFF')],
    ['a@x.example,b\u00ad@x.example', invisible('U+00AD'), 'b\u00ad@x.example'],
    ['a@x.example\u00a0b@x.example', invisible('U+00A0')],
    ['a\u3164@x.example', invisible('U+3164')],
    ['Jane\u00ad <a@x.example>', invisible('U+00AD')],
    ['"Jane\u202e" <a@x.example>', invisible('U+202E')],
    ['bob＠x.example <a@x.example>', extraAt],
    ['a@x.example\\', notAny],
    ['a@x..example', notAny],
    ['a@x.example.', notAny],
    ['a@.example', notAny],
    ['a@-x.example', notAny],
    ['a@x_y.example', notAny],
    [`a@${'x'.repeat(64)}.example`, notAny],
    [`a@${'x.'.repeat(125)}example`, notAny],
    [`${'a'.repeat(65)}@x.example`, notAny],
    [`${'ö'.repeat(33)}@x.example`, notAny],
    ['a@10.0.0.1', notAny],
    ['a@[10.0.0.1]', notAny],
    ['a@x%2Eexample', notAny],
    ['a..b@x.example', notAny],
    ['.a@x.example', notAny],
    ['a.@x.example', notAny],
    ['"a b"@x.example', notAny],
    ['a@x.example (Bob)', notAny],
    ['<a@x.example', notAny],
    ['a@x.example>', notAny],
    ['<a@x.example> Jane', notAny],
    ['<<a@x.example>>', notAny],
    ['"Jane <a@x.example>', notAny],
    ['a @ x.example', notAny],
    ['a@', notAny],
    ['@x.example', notAny],
    ['Doe, Jane <a@x.example>', notAny, 'Doe'],
    ['a@x.example,', lonelyComma, ''],
    ['a@x.example,,b@x.example', lonelyComma, ''],
    [' ', lonelyComma, ''],
    ['a@acme.com\r\nBcc: <b@acme.com>', controls, ''],
    ['a\u0001b@acme.com', controls, ''],
  ];
  for (const [value, problem, named = value] of refused) {
    test(`${JSON.stringify(value.slice(0, 50)).replaceAll(/[^ -~]/g, '?')}: ${problem}`, () => {
      assert.equal(problemWith(value), named === '' ? problem : `${JSON.stringify(named)} ${problem}`);
    });
  }

  test('all at once, and without what may be a password', () => {
    assert.equal(
      problemWith('security team, a@x.example, c@, smtps://me:hun@t,er,2@x.example'),
      `"security team" ${notAny}. Also: "c@" ${notAny}. Also: "smtps:[secret]" ${notAny}`,
    );
  });

  test('more than one sender', () => {
    const [issue] = mailAddress.safeParse('a@acme.com, b@acme.com').error?.issues ?? [];
    assert.equal(issue?.message, 'use exactly one address');
  });
});

test('no address of an accepted value is left out, whatever comes in', () => {
  const piece = fc.constantFrom(
    'a@x.example',
    'b@x',
    '@',
    ' ',
    ',',
    ';',
    '<',
    '>',
    '"',
    '\\',
    '(',
    ')',
    'Jane',
    '.',
    ':',
    '\u200b',
  );
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 8 }), (value) => {
      const parsed = mailAddresses.safeParse(value);
      if (!parsed.success) return;
      assert.equal(new Set(value.toLowerCase().match(/[^\s<>,"]+@[^\s<>,"]+/g)).size, parsed.data.length, value);
    }),
    { numRuns: 3000 },
  );
});
