import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OmniError } from '../../src/errors.ts';
import type { Token } from '../../src/rules/token.ts';
import { page, walkOver } from '../support/token-pages.ts';
import { someToken, uuid } from '../support/tokens.ts';

async function errorOf(pages: unknown[]): Promise<OmniError> {
  try {
    await walkOver(pages);
  } catch (error) {
    assert.ok(error instanceof OmniError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the walk succeeded' });
}

async function readOne(record: unknown): Promise<Token | undefined> {
  return (await walkOver([page([record])])).tokens[0];
}

describe('a token record', () => {
  const token = someToken(1);
  const names = ['', ' ', '\0', 'a\0b', '\ud800', 'x\udfff', '<script>', '=1+1', '🔑'.repeat(3000), '\u202e'];
  for (const name of names) {
    test(`may have the name ${JSON.stringify(name.slice(0, 20))}`, async () => {
      assert.equal((await readOne({ ...token, name }))?.name, name);
    });
  }

  test('without a name has the empty one', async () => {
    const { name, ...nameless } = token;
    assert.notEqual(name, '');
    assert.equal((await readOne(nameless))?.name, '');
    assert.equal((await readOne({ ...token, name: null }))?.name, '');
  });

  test('without an owner belongs to nobody', async () => {
    const { membershipId, ...ownerless } = token;
    assert.notEqual(membershipId, null);
    assert.equal((await readOne(ownerless))?.membershipId, null);
    assert.equal((await readOne({ ...token, membershipId: null }))?.membershipId, null);
  });

  test('is refused with a UUID in capitals, which would count as another token', async () => {
    const id = '7D8F0A3C-2F1E-4E07-9C55-0A1B2C3D4E5F';
    assert.match((await errorOf([page([{ ...token, id }])])).message, /record 1: id: expected a UUID in lower case/);
    assert.match((await errorOf([page([{ ...token, membershipId: id }])])).message, /record 1: membershipId/);
  });

  test('keeps the capitals of an id that is no UUID', async () => {
    assert.equal((await readOne({ ...token, id: 'Key-A' }))?.id, 'Key-A');
  });

  test('may be of a type that nobody knows yet', async () => {
    assert.deepEqual(await readOne({ ...token, type: 'service' }), { ...token, type: 'service' });
  });

  test('may stand on a page with fields that nobody knows yet', async () => {
    const { tokens } = await walkOver([{ ...page([token], { previousCursor: 'x' }), warnings: ['w'] }]);
    assert.deepEqual(tokens, [token]);
  });

  for (const spelling of [
    '2026-03-01T06:30:00Z',
    '2026-03-01T06:30:00.000000Z',
    '2026-03-01T08:30:00+02:00',
    '2026-03-01T01:30:00.000-05:00',
  ]) {
    test(`is of the same moment when its creation is spelled ${spelling}`, async () => {
      assert.equal((await readOne({ ...token, createdAt: spelling }))?.createdAt, '2026-03-01T06:30:00.000Z');
    });
  }

  const secretName = 'a name that no error repeats';
  const bad: [string, Record<string, unknown>, RegExp][] = [
    ['a missing id', { id: undefined }, /record 2: id: /],
    ['an id that would be harmful in a shell', { id: 'x; rm -rf ~' }, /record 2: id: expected an id/],
    ['an empty id', { id: '' }, /record 2: id: /],
    ['a name that is a number', { name: 5 }, /record 2: name: /],
    ['an empty type', { type: '' }, /record 2: type: /],
    ['enabled as text', { enabled: 'true' }, /record 2: enabled: /],
    ['a creation that is no time', { createdAt: 'yesterday' }, /record 2: createdAt: /],
    ['a creation without a time zone', { createdAt: '2026-03-01T06:30:00' }, /record 2: createdAt: /],
    ['an owner that is an object', { membershipId: { id: 'x' } }, /record 2: membershipId: /],
  ];
  for (const [what, fields, expected] of bad) {
    test(`with ${what} fails the walk and names page, record and field`, async () => {
      const first = page([someToken(1)], { hasNextPage: true, nextCursor: uuid(1) });
      const second = page([someToken(2), { ...someToken(3, { name: secretName }), ...fields }]);
      const error = await errorOf([first, second]);
      assert.match(error.message, /^listing tokens, page 2, /);
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, new RegExp(secretName));
      assert.match(error.hint, /newer version/);
    });
  }

  const oddPages: [string, unknown, RegExp][] = [
    ['without records', { pageInfo: page([]).pageInfo }, /records: /],
    ['without pageInfo', { records: [] }, /pageInfo: /],
    ['without a total', page([], { totalRecords: undefined }), /pageInfo\.totalRecords: /],
    ['with a negative total', page([], { totalRecords: -1 }), /pageInfo\.totalRecords: /],
    ['that is a list', [someToken(1)], /breaks Omni’s format/],
    ['that is null', null, /breaks Omni’s format/],
    ['with a record that is null', page([null]), /record 1: /],
  ];
  for (const [what, body, expected] of oddPages) {
    test(`on a page ${what} fails the walk`, async () => {
      const error = await errorOf([body]);
      assert.match(error.message, expected);
      assert.match(error.message, /^listing tokens, page 1, /);
    });
  }
});

describe('unknown fields of token records', () => {
  async function unknownFields(...records: unknown[]): Promise<string[]> {
    const { pages } = await walkOver([page(records)]);
    return [...(pages[0]?.unknownFields ?? [])];
  }

  test('are none where the records are as documented', async () => {
    assert.deepEqual(await unknownFields(someToken(1), someToken(2)), []);
    const { name, membershipId, ...bare } = someToken(3);
    assert.ok(name !== '' && membershipId !== null);
    assert.deepEqual(await unknownFields(bare), []);
  });

  test('are named once each, whatever they hold', async () => {
    const records = [
      { ...someToken(1), lastUsedAt: null },
      { ...someToken(2), lastUsedAt: '2026-02-01T00:00:00Z', scopes: ['all'] },
    ];
    const { pages, tokens } = await walkOver([page([...records, someToken(3)])]);
    assert.deepEqual(pages[0]?.unknownFields, new Set(['lastUsedAt', 'scopes']));
    assert.deepEqual(
      tokens.map(({ id }) => id),
      [uuid(1), uuid(2), uuid(3)],
    );
  });

  test('are told apart from the known ones by every letter', async () => {
    assert.deepEqual(await unknownFields({ ...someToken(1), Name: 'x', 'name ': 'y', '': 'z' }), ['Name', 'name ', '']);
  });

  test('are cut at a hundred characters', async () => {
    assert.deepEqual(await unknownFields({ ...someToken(1), ['x'.repeat(1000)]: 1 }), ['x'.repeat(100)]);
  });
});
