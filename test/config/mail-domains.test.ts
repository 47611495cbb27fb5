import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mailDomains } from '../../src/config/mail-domains.ts';

/** The message of the only issue; null if the value is accepted. */
function problemWith(value: string): string | null {
  const messages = mailDomains.safeParse(value).error?.issues.map(({ message }) => message);
  return messages?.join('\n') ?? null;
}

describe('mail domains are accepted:', () => {
  const accepted: [what: string, value: string, domains: string[]][] = [
    ['one', 'acme.com', ['acme.com']],
    ['several', 'b.example,a.example , c.a.example', ['a.example', 'b.example', 'c.a.example']],
    ['in capitals and as Unicode', 'ACME.com,Bücher.example', ['acme.com', 'xn--bcher-kva.example']],
    ['with digits and hyphens', '3.acme-1.com,a--b.example', ['3.acme-1.com', 'a--b.example']],
  ];
  for (const [what, value, domains] of accepted) {
    test(what, () => assert.deepEqual(mailDomains.parse(value), domains));
  }

  test('in any order, repeated and in any spelling, always with the same result, so that no rule seems to change', () => {
    const spellings = [
      'acme.com,bücher.example',
      'bücher.example,acme.com',
      'acme.com , xn--bcher-kva.example',
      'BÜCHER.example,acme.com,Acme.Com,XN--BCHER-KVA.EXAMPLE',
      'bu\u0308cher.example,acme.com,acme.com',
    ];
    for (const spelling of spellings) {
      assert.deepEqual(mailDomains.parse(spelling), ['acme.com', 'xn--bcher-kva.example'], spelling);
    }
  });
});

describe('mail domains are refused, each wrong one with a hint:', () => {
  const lonelyComma = 'has a comma without a domain before or after it; remove the comma or add the domain';
  const several = 'is not one domain; separate domains with commas';
  const pattern = 'is not a domain; list each subdomain, such as eu.acme.com';
  const address = 'is not a domain; remove everything up to the "@"';
  const noDomain = 'is not a domain; use a domain such as acme.com';
  const refused: [hint: string, ...values: string[]][] = [
    [several, 'acme.com;acme.org', 'acme.com acme.org', 'acme.com; acme.org'],
    [pattern, '*.acme.com', '*', 'acme.*'],
    [noDomain, 'acme', 'com', 'localhost', '-acme.com', 'acme-.com', 'acme..com', '.acme.com', 'acme.com.'],
    [noDomain, 'acme_x.com', 'acme.com:25', 'acme.com/', 'https://acme.com', 'acme%2Ecom', 'acme。com', 'a"b.com'],
    [noDomain, '10.0.0.1', '127.1', 'acme.1', '[10.0.0.1]', 'xn--aä.com', `${'long-'.repeat(12)}label.com`],
  ];
  for (const [hint, ...values] of refused) {
    test(`${JSON.stringify(values[0])}: ${hint}`, () => {
      for (const value of values) assert.equal(problemWith(value), `${JSON.stringify(value)} ${hint}`);
    });
  }

  test(`"acme.com,": ${lonelyComma}`, () => {
    for (const value of ['acme.com,', ',acme.com', 'acme.com,,acme.org', ',']) {
      assert.equal(problemWith(value), lonelyComma, value);
    }
  });

  test(`"@acme.com": ${address}`, () => {
    assert.equal(problemWith('@acme.com'), `"[secret]@acme.com" ${address}`);
  });

  test('all at once, and the same mistake once', () => {
    assert.equal(
      problemWith('acme.com,,acme,*.acme.com,acme,'),
      `${lonelyComma}. Also: "acme" ${noDomain}. Also: "*.acme.com" ${pattern}`,
    );
  });

  test('without what may be a secret, because people confuse variables', () => {
    const secrets: [value: string, problem: string][] = [
      ['acme.com,jane@acme.com', `"[secret]@acme.com" ${address}`],
      ['acme.com,jane:hunter2@acme.com', `"[secret]@acme.com" ${noDomain}`],
      ['acme,smtps://jane:hun,t@er, 2@acme.com', `"acme" ${noDomain}. Also: "smtps://[secret]@acme.com" ${noDomain}`],
      ['jane:hun,ter;2', `"jane:[secret]" ${noDomain}`],
      ['https://acme.com?key=hun,ter2', `"https://acme.com?[secret]" ${noDomain}`],
      ['acme.com,omni_osk_hunter2', `"[secret]" ${noDomain}`],
      ['kJ8dh3K-9sdPqW2x_7Lm4', `"[secret]" ${noDomain}`],
    ];
    for (const [value, problem] of secrets) assert.equal(problemWith(value), problem);
  });

  test('invisible characters', () => {
    assert.equal(problemWith('acme\u200b.com'), 'remove invisible characters');
  });
});
