import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findingsFile, tokensFile } from '../../../src/digest/render/attached-files.ts';
import type { Attachment } from '../../../src/mail/message.ts';
import { type FindingKind, findingKinds } from '../../../src/rules/catalogue.ts';
import type { Finding } from '../../../src/rules/finding.ts';
import hostile from '../../fixtures/hostile-names.json' with { type: 'json' };
import { disarmed, formulaStart, parseCsv } from '../../support/parse-csv.ts';
import { heldTokens, jane, ownedToken, type SampleGroup, sampleGroup } from '../content/sample-report.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const command = 'omni-token-audit findings --run 12 --format csv';
const columns = [
  'token id',
  'name',
  'type',
  'enabled',
  'created',
  'days',
  'membership',
  'owner',
  'user name',
  'account',
];

type Row = Record<string, string>;

/** The rows of a file, by the headings of their columns. */
function rowsOf({ content }: Attachment): Row[] {
  assert.equal(content[0], '\ufeff');
  const [headings = [], ...records] = parseCsv(content.slice(1));
  return records.map((record) => {
    assert.equal(record.length, headings.length);
    return Object.fromEntries(record.map((cell, index) => [headings[index] ?? '', cell]));
  });
}

function findings(group: Omit<SampleGroup, 'severity'>): Finding[] {
  return sampleGroup({ severity: 'low', ...group }).findings;
}

function fileOf(all: Iterable<Finding>): Row[] {
  return rowsOf(findingsFile(all, now, command));
}

describe('the file of findings', () => {
  test('is a CSV file of that name, with a column for all that is said of a token and its owner', () => {
    const file = findingsFile([], now, command);

    assert.equal(file.fileName, 'findings.csv');
    assert.deepEqual(parseCsv(file.content.slice(1)), [['severity', 'kind', 'transition', 'detail', ...columns]]);
  });

  test('has one row for a finding about a token, with all that is known of it', () => {
    const [row, ...others] = fileOf(
      findings({
        kind: 'token-stale',
        transition: 'escalated',
        type: 'personal',
        membershipId: 'c3',
        names: ['a, "b"'],
      }),
    );

    assert.deepEqual(others, []);
    assert.deepEqual(row, {
      severity: 'low',
      kind: 'token-stale',
      transition: 'escalated',
      detail: '267 days old, past the threshold of 180',
      'token id': '6513270e-269e-4d37-b2a7-000000000000',
      name: 'a, "b"',
      type: 'personal',
      enabled: '',
      created: '2026-03-01T00:00:00.000Z',
      days: '267',
      membership: 'c3',
      owner: 'Jane Doe',
      'user name': 'jane@acme.example',
      account: 'active',
    });
  });

  test('has one row for each token that the owner of a finding holds, also where a mail shows twenty', () => {
    const tokens = [...heldTokens(49), ...heldTokens(1, { id: 'off', enabled: false, name: 'old' })];

    const rows = fileOf(
      findings({ kind: 'owner-missing', transition: 'opened', owner: { ...jane, state: 'missing' }, tokens }),
    );

    assert.equal(rows.length, 50);
    assert.deepEqual(
      rows.slice(-2).map((row) => [row['token id'], row.name, row.enabled, row.days, row.detail]),
      [
        ['held-49', 'key 49', 'true', '267', 'holds 50 tokens'],
        ['off', 'old', 'false', '267', 'holds 50 tokens'],
      ],
    );
    for (const row of rows) {
      assert.deepEqual(
        [row.membership, row.owner, row['user name'], row.account],
        ['6513270e-269e-4d37-b2a7-000000000000', 'Jane Doe', 'jane@acme.example', 'missing'],
      );
    }
  });

  test('says how many tokens an owner holds beyond those at hand, and which command lists them', () => {
    const rows = fileOf(findings({ kind: 'owner-missing', tokens: heldTokens(50), tokenCount: 1234 }));

    assert.equal(rows.length, 51);
    const last = rows.at(-1) ?? {};
    assert.match(last['token id'] ?? '', /\b1184 more: omni-token-audit tokens$/);
    assert.deepEqual([last.kind, last.name, last.owner], ['owner-missing', '', 'Jane Doe']);
  });

  test('has one row for an owner of whose tokens none is known, and of whom nothing is', () => {
    const rows = fileOf(findings({ kind: 'owner-idle', transition: 'resolved', owner: null, tokens: [] }));

    assert.equal(rows.length, 1);
    const { kind, membership, owner, account, name } = rows[0] ?? {};
    assert.deepEqual(
      [kind, membership, owner, account, name],
      ['owner-idle', '6513270e-269e-4d37-b2a7-000000000000', '', '', ''],
    );
  });

  test('leaves the columns of the token empty where a finding is about none', () => {
    const [row] = fileOf(findings({ kind: 'type-first-seen', type: 'service' }));

    assert.equal(row?.detail, 'type "service"');
    assert.ok(columns.every((column) => row[column] === ''));
  });

  test('has every finding of every kind in it, in the order in which they come', () => {
    const all = findingKinds.flatMap((kind) => findings({ kind, names: ['a', 'b'], tokens: heldTokens(1) }));

    const rows = fileOf(all);

    assert.deepEqual(
      rows.map(({ kind }) => kind),
      findingKinds.flatMap((kind): FindingKind[] => [kind, kind]),
    );
  });

  test('of 6,000 new tokens has all of them', () => {
    const names = Array.from({ length: 6000 }, (_, index) => `token ${index}`);

    const rows = fileOf(findings({ kind: 'token-created', names }));

    assert.deepEqual(
      rows.map(({ name }) => name),
      names,
    );
  });
});

describe('the file of tokens', () => {
  test('is a CSV file of that name, with one row for each token', () => {
    const file = tokensFile(
      [ownedToken({ name: 'a' }), ownedToken({ name: 'b', id: 'b2', enabled: false })],
      now,
      command,
    );

    assert.equal(file.fileName, 'tokens.csv');
    assert.deepEqual(parseCsv(file.content.slice(1)), [
      columns,
      [
        'a1',
        'a',
        'personal',
        'true',
        '2026-03-01T00:00:00.000Z',
        '267',
        'c3',
        'Jane Doe',
        'jane@acme.example',
        'active',
      ],
      [
        'b2',
        'b',
        'personal',
        'false',
        '2026-03-01T00:00:00.000Z',
        '267',
        'c3',
        'Jane Doe',
        'jane@acme.example',
        'active',
      ],
    ]);
  });

  test('leaves the columns of an owner empty where there is none, or none is known', () => {
    const unowned = ownedToken({ name: 'a', membershipId: null }, null);

    const rows = rowsOf(tokensFile([unowned, ownedToken({ name: 'b' }, null)], now, command));

    assert.deepEqual(
      rows.map((row) => [row.membership, row.owner, row['user name'], row.account]),
      [
        ['', '', '', ''],
        ['c3', '', '', ''],
      ],
    );
  });
});

describe('an attached file', () => {
  test('says in its last line how many rows it has, and which command lists all', () => {
    const all = Array(10_003).fill(ownedToken({ name: 'a' }));

    const rows = rowsOf(tokensFile(all, now, command));

    assert.equal(rows.length, 10_001);
    assert.match(rows.at(-1)?.['token id'] ?? '', new RegExp(`\\bfirst 10000 rows\\b.*: ${command}$`));
  });

  test('runs nothing in a spreadsheet, and keeps every name, whatever it is', () => {
    for (const { name } of hostile.tokens) {
      const owner = { ...jane, displayName: name, userName: name };
      const held = heldTokens(2, { name, type: name });
      const files = [
        findingsFile(
          findings({ kind: 'token-renamed', names: [name], type: name, membershipId: 'c3', owner }),
          now,
          command,
        ),
        findingsFile(findings({ kind: 'owner-idle', names: [name], owner, tokens: held }), now, command),
        tokensFile([ownedToken({ name, type: name }, owner)], now, command),
      ];

      for (const rows of files.map(rowsOf)) {
        assert.ok(rows.length > 0);
        for (const row of rows) {
          for (const cell of Object.values(row)) assert.doesNotMatch(cell, formulaStart);
          assert.deepEqual([row.name, row.type, row['user name']], Array(3).fill(disarmed(name)));
        }
      }
    }
  });
});
