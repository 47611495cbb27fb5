import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailSection } from '../../src/digest/content.ts';
import { findingSection, tokenRow } from '../../src/digest/finding-section.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { context, type SampleGroup, sampleGroup } from './sample-report.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const deletion =
  'curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" https://acme.omniapp.co/api/v1/api-keys/6513270e-269e-4d37-b2a7-000000000000';

function sectionOf(group: SampleGroup): MailSection {
  return findingSection(sampleGroup(group), now, context, 'list them');
}

function commandsOf(group: SampleGroup): (string | null)[] {
  return sectionOf(group).rows.map(({ command }) => command);
}

describe('a section of findings', () => {
  test('tells what, why, how many and which', () => {
    const section = sectionOf({
      kind: 'token-stale',
      turn: 'worsened',
      severity: 'medium',
      count: 120,
      type: 'personal',
      membershipId: 'c3',
    });

    assert.equal(section.title, 'Stale token, a step worse');
    assert.match(section.why, /^Omni tokens never expire/);
    assert.equal(section.count, 120);
    assert.equal(section.moreCommand, 'list them');
    const [row] = section.rows;
    assert.equal(row?.title, '"nightly export"');
    assert.match(row.lines[0] ?? '', /^267 days old\b/);
    assert.equal(row.lines[1], 'personal token, created 2026-03-01 (267 days old)');
    assert.deepEqual(row.smallPrint, ['id 6513270e-269e-4d37-b2a7-000000000000', "owner's membership c3"]);
  });

  test('of MCP grants gives the line that deletes each, with the secret by name only', () => {
    assert.deepEqual(commandsOf({ kind: 'token-created', severity: 'medium', type: 'mcp' }), [deletion]);
    assert.deepEqual(commandsOf({ kind: 'token-stale', turn: 'opened', severity: 'low', type: 'mcp' }), [deletion]);
  });

  for (const type of ['organization', 'personal', 'service']) {
    test(`of tokens of type ${type} gives no such line, since the app can delete them`, () => {
      assert.deepEqual(commandsOf({ kind: 'token-created', severity: 'medium', type }), [null]);
    });
  }

  test('of what is removed or resolved gives no such line and no place to act', () => {
    const removed = sectionOf({ kind: 'token-removed', severity: 'info', type: 'mcp' });
    const resolved = sectionOf({ kind: 'token-stale', turn: 'resolved', severity: 'low', type: 'mcp' });

    assert.deepEqual([removed.act, resolved.act], ['', '']);
    assert.deepEqual([removed.rows[0]?.command, resolved.rows[0]?.command], [null, null]);
    assert.equal(resolved.why, 'This no longer holds.');
  });

  test('says where one can act: in the app, by API, or both', () => {
    const inApp = sampleGroup({ kind: 'token-enabled', severity: 'high' });
    const byApi = sampleGroup({ kind: 'token-enabled', severity: 'high', type: 'mcp' });
    const both = { ...inApp, count: 2, findings: [...inApp.findings, ...byApi.findings] };

    const [app, api, mixed] = [inApp, byApi, both].map((group) => findingSection(group, now, context, '').act);

    assert.equal(app, 'In Omni (https://acme.omniapp.co): Settings > API access.');
    assert.equal(api, 'MCP grants are not visible in the app; the line under each deletes it.');
    assert.equal(mixed, `${app} ${api}`);
  });

  test('names its subject where there is no token', () => {
    const group = sampleGroup({ kind: 'type-first-seen', severity: 'medium', type: 'service' });
    const findings = group.findings.map((finding) => ({
      ...finding,
      subject: { type: 'organisation', id: 'service\n' } as const,
      token: null,
    }));

    const section = findingSection({ ...group, findings }, now, context, '');

    assert.equal(section.rows[0]?.title, '"service⟨U+000A⟩"');
    assert.deepEqual(section.rows[0].smallPrint, []);
  });

  test('holds no character that could fool a reader, for any hostile name or type', () => {
    const names = hostile.tokens.map(({ name }) => name);
    const groups: SampleGroup[] = [
      { kind: 'token-renamed', severity: 'low', names },
      { kind: 'token-type-changed', severity: 'critical', names, type: 'x\u202e\n' },
    ];

    const rows = groups.flatMap((group) => sectionOf(group).rows);

    assert.equal(rows.length, 2 * names.length);
    for (const { title, lines, smallPrint } of rows) {
      assert.doesNotMatch([title, ...lines, ...smallPrint].join(''), /[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe('a row of a token', () => {
  const token = {
    id: 'a1',
    name: '',
    type: 'personal',
    enabled: true,
    createdAt: '2026-11-20T00:00:00.000Z',
    membershipId: null,
  };

  test('tells its name, type, age and id', () => {
    assert.deepEqual(tokenRow(token, now), {
      title: '""',
      lines: ['personal token, created 2026-11-20 (3 days old)'],
      smallPrint: ['id a1'],
      command: null,
    });
  });

  test('tells when it is disabled', () => {
    assert.equal(tokenRow({ ...token, enabled: false }, now).lines.at(-1), 'disabled');
  });
});
