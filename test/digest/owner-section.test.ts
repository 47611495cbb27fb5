import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findingSection } from '../../src/digest/content/finding-section.ts';
import type { MailRow, MailSection } from '../../src/digest/content/mail-content.ts';
import { catalogueEntry } from '../../src/rules/catalogue.ts';
import type { OwnersToken } from '../../src/rules/token.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../support/unseen.ts';
import { context, heldTokens, jane, type SampleGroup, sampleGroup } from './content/sample-report.ts';
import { saidBy } from './mail-parts.ts';

const now = new Date('2026-11-23T07:00:00.000Z');

function sectionOf(differences: Partial<SampleGroup>): MailSection {
  const group = sampleGroup({ kind: 'owner-deactivated', transition: 'opened', severity: 'critical', ...differences });
  return findingSection(group, now, context, 'list them');
}

function rowOf(differences: Partial<SampleGroup>): MailRow {
  const [row] = sectionOf(differences).rows;
  assert.ok(row !== undefined);
  return row;
}

function deletionOf(id: string): string {
  return `curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" https://acme.omniapp.co/api/v1/api-keys/${id}`;
}

describe('a finding about an owner', () => {
  test('names the membership where the account was never known, and only once', () => {
    const { title, smallPrint } = rowOf({ owner: null });

    assert.equal(title, 'membership 6513270e-269e-4d37-b2a7-000000000000');
    assert.deepEqual(smallPrint, []);
  });

  test('has one row for each owner', () => {
    const titles = sectionOf({ names: ['Jane', 'Sam'] }).rows.map(({ title }) => title);

    assert.deepEqual(titles, ['"Jane" (jane@acme.example)', '"Sam" (jane@acme.example)']);
  });

  test('says which of the tokens are disabled', () => {
    const tokens = [...heldTokens(1), ...heldTokens(1, { id: 'off', name: 'old', enabled: false })];

    assert.deepEqual(
      rowOf({ tokens }).items.map(({ title, facts, smallPrint }) => [title, facts, smallPrint]),
      [
        ['"key 1"', ['personal token, 267 days old, created 2026-03-01'], ['id held-1']],
        ['"old"', ['personal token, 267 days old, created 2026-03-01, disabled'], ['id off']],
      ],
    );
  });
});

describe('the tokens of one owner', () => {
  const counts: [atHand: number, all: number, shown: number, more: RegExp | null][] = [
    [20, 20, 20, null],
    [21, 21, 20, /^1 token\b.*: omni-token-audit tokens$/],
    [50, 50, 20, /^30 tokens\b.*: omni-token-audit tokens$/],
    [50, 1234, 20, /^1214 tokens\b.*: omni-token-audit tokens$/],
  ];
  for (const [atHand, all, shown, more] of counts) {
    test(`are ${shown} of ${all} in the mail${more === null ? '' : `, which tells of the other ${all - shown}`}`, () => {
      const row = rowOf({ tokens: heldTokens(atHand), tokenCount: all });

      const [holds, others = ''] = row.facts;
      assert.equal(row.facts.length, more === null ? 1 : 2);
      assert.equal(holds, `holds ${all} tokens`);
      assert.deepEqual(
        row.items.map(({ title, smallPrint }) => [title, smallPrint]),
        Array.from({ length: shown }, (_, index) => [`"key ${index + 1}"`, [`id held-${index + 1}`]]),
      );
      if (more !== null) assert.match(others, more);
    });
  }

  test('have a line that deletes it for each MCP grant and personal token among them, and for no other', () => {
    const tokens: OwnersToken[] = [
      ...heldTokens(1, { id: 'p1' }),
      ...heldTokens(1, { id: 's1', type: 'service' }),
      ...heldTokens(1, { id: 'm1', type: 'mcp' }),
      ...heldTokens(1, { id: 'm2', type: 'mcp', enabled: false }),
    ];

    const { items, command } = rowOf({ tokens });

    assert.deepEqual(
      items.map((item) => item.command),
      [deletionOf('p1'), null, deletionOf('m1'), deletionOf('m2')],
    );
    assert.equal(command, null);
  });

  test('say where one can act, of whatever types they are', () => {
    const { why } = catalogueEntry('owner-deactivated');
    const actFor = (...types: string[]): string =>
      sectionOf({ tokens: types.flatMap((type) => heldTokens(1, { type })) }).intro.slice(why.length + 1);

    const [app, api, both] = [actFor('service', 'service'), actFor('mcp', 'mcp'), actFor('service', 'mcp')];

    assert.match(app, /\bin Omni \(https:\/\/acme\.omniapp\.co\)/i);
    assert.match(api, /^MCP grants/);
    assert.equal(both, `${app} ${api}`);
  });
});

describe('hostile names around an owner', () => {
  for (const { id, name } of hostile.tokens) {
    test(`are shown so that they fool nobody: ${JSON.stringify(name.slice(0, 40))} (${id.slice(0, 8)})`, () => {
      const owner = { ...jane, userName: name };

      const row = rowOf({ names: [name], owner, tokens: heldTokens(3, { name, type: name }) });

      assert.deepEqual([row.facts.length, row.items.length], [1, 3]);
      for (const said of saidBy(row)) {
        assert.doesNotMatch(said, unseen);
        assert.ok(said.length < 2500, 'a line is endless');
      }
    });
  }
});
