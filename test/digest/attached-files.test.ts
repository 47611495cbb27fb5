import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleInventory } from '../../scripts/sample-contents.ts';
import { sampleReport } from '../../src/demo/sample-report.ts';
import { findingsFile, tokensFile } from '../../src/digest/render/attached-files.ts';
import type { Attachment } from '../../src/mail/message.ts';
import type { Finding } from '../../src/rules/finding.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { liveFormula, parseCsv, readBack } from '../support/parse-csv.ts';
import { withText } from '../support/with-text.ts';
import { changed, ownerGroup, ownersTokens, sampleGroup } from './sample-groups.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const command = 'omni-token-audit findings --run 42 --format csv';
const allFindings = sampleReport.groups.flatMap((group) => group.findings);
const allTokens = sampleInventory.flatMap((group) => group.tokens);

/** Returns the records of a file. The first one has the headings. */
function recordsOf({ content }: Attachment): string[][] {
  assert.equal(content[0], '\ufeff');
  const records = parseCsv(content.slice(1));
  for (const record of records) assert.equal(record.length, records[0]?.length);
  return records;
}

function rowsOf(findings: Iterable<Finding>): string[][] {
  return recordsOf(findingsFile(findings, now, command)).slice(1);
}

const registerHeadings = [
  ...['responsible', 'purpose', 'ticket', 'review by', 'decision', 'decided by', 'decided on', 'self-review'],
];
const unregistered = registerHeadings.map(() => '');

describe('the file of findings', () => {
  test('has a column for everything that is known about a finding, its token and its owner', () => {
    const [stale] = allFindings.filter(({ kind, transition }) => kind === 'token-stale' && transition === 'resolved');
    assert.ok(stale !== undefined);

    const file = findingsFile([stale], now, command);

    assert.equal(file.fileName, 'findings.csv');
    assert.deepEqual(recordsOf(file), [
      [
        ...['severity', 'kind', 'transition', 'detail', 'token id', 'name', 'type', 'enabled', 'created', 'days'],
        ...['membership', 'owner', 'user name', 'account', 'role'],
        ...registerHeadings,
      ],
      [
        ...['info', 'token-stale', 'resolved', '', '3f1c9a52-7b1e-4d0a-9c55-000000000004', 'Ada, growth: notebook'],
        ...['personal', '', '2026-03-02T11:00:00.000Z', '265', '3f1c9a52-7b1e-4d0a-9c55-000000009002', 'Ada Okafor'],
        ...['ada.okafor@acme.example', 'active', 'connection admin on 2 connections, as of this audit'],
        ...unregistered,
      ],
    ]);
  });

  test('has every finding of every kind, in order, and one row for each token of an owner', () => {
    const kinds = allFindings.flatMap(({ kind }) =>
      ['owner-deactivated', 'owner-role-raised'].includes(kind) ? [kind, kind] : [kind],
    );

    assert.deepEqual(
      rowsOf(allFindings).map(([, kind]) => kind),
      kinds,
    );
  });

  test('has all tokens of an owner that the report contains, and says how many more there are', () => {
    const tokens = [...ownersTokens(49), ...ownersTokens(1, { id: 'off', enabled: false, name: 'old' })];
    const owner = [
      '3f1c9a52-7b1e-4d0a-9c55-000000009004',
      'Bram Marin',
      'bram.marin@acme.example',
      'missing',
      '',
      ...unregistered,
    ];

    const rows = rowsOf(ownerGroup('owner-missing', tokens, 1234).findings);

    assert.equal(rows.length, 51);
    const common = ['critical', 'owner-missing', 'opened', 'holds 1234 tokens'];
    assert.deepEqual(rows.slice(-2), [
      [...common, 'off', 'old', 'personal', 'false', '2026-03-01T00:00:00.000Z', '267', ...owner],
      [...common, 'and 1184 more: omni-token-audit tokens', '', '', '', '', '', ...owner],
    ]);
  });

  test('leaves cells empty if a finding has no token, or an owner about whom nothing was ever known', () => {
    const unknown = changed(sampleGroup('owner-idle'), (finding) => ({ ...finding, owner: null }));
    const groups = [sampleGroup('type-first-seen'), unknown];

    assert.deepEqual(
      rowsOf(groups.flatMap(({ findings }) => findings)).map((row) => [...row.slice(3, 5), ...row.slice(10)]),
      [
        ['type "service"', '', '', '', '', '', '', ...unregistered],
        [
          'last login 131 days ago, past the threshold of 90; holds 1 token',
          '3f1c9a52-7b1e-4d0a-9c55-000000000017',
          '3f1c9a52-7b1e-4d0a-9c55-000000009003',
          ...['', '', '', ''],
          ...unregistered,
        ],
      ],
    );
  });
});

test('the file of tokens has one row for each token, with its owner if it has one', () => {
  const tokens = allTokens.filter(({ token }) => ['Claude', 'Reverse ETL trial'].includes(token.name));

  const file = tokensFile(tokens, now, command);

  assert.equal(file.fileName, 'tokens.csv');
  assert.deepEqual(recordsOf(file), [
    [
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
      'role',
      ...registerHeadings,
    ],
    [
      ...['3f1c9a52-7b1e-4d0a-9c55-000000000003', 'Claude', 'mcp', 'true', '2026-11-22T22:14:00.000Z', '0'],
      ...['3f1c9a52-7b1e-4d0a-9c55-000000009003', 'Jun Novak', 'jun.novak@acme.example', 'active'],
      'viewer on 2 connections, as of 3 days ago',
      ...unregistered,
    ],
    [
      ...['3f1c9a52-7b1e-4d0a-9c55-000000000007', 'Reverse ETL trial', 'organization', 'false'],
      ...['2026-08-03T09:30:00.000Z', '111', '', '', '', '', ''],
      ...unregistered,
    ],
  ]);
});

test('an attached file that has no room for all rows names in its last line the command that lists them', () => {
  const rows = recordsOf(tokensFile(Array(10_003).fill(allTokens[0]), now, command));

  assert.equal(rows.length, 1 + 10_000 + 1);
  assert.match(rows.at(-1)?.[0] ?? '', new RegExp(`\\bfirst 10000 rows\\b.*: ${command}$`));
});

test('no cell of an attached file runs as a formula, and names can be read back', () => {
  for (const { name } of hostile.tokens) {
    const files = [
      findingsFile(withText(allFindings, name), now, command),
      tokensFile(withText(allTokens, name), now, command),
    ];
    for (const [headings = [], ...rows] of files.map(recordsOf)) {
      for (const cell of rows.flat()) assert.doesNotMatch(cell, liveFormula);
      for (const row of rows) {
        const isAboutToken = row[headings.indexOf('token id')] !== '';
        assert.equal(readBack(row[headings.indexOf('name')] ?? ''), isAboutToken ? name : '');
      }
    }
  }
});
