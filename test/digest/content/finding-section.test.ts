import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findingSection, resolvedSections } from '../../../src/digest/content/finding-section.ts';
import type { MailSection } from '../../../src/digest/content/mail-content.ts';
import { catalogueEntry } from '../../../src/rules/catalogue.ts';
import hostile from '../../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../../support/unseen.ts';
import { commandsOf, saidBy } from '../mail-parts.ts';
import { context, heldTokens, type SampleGroup, sampleGroup } from './sample-report.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const id = '6513270e-269e-4d37-b2a7-000000000000';
const deletion = `curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" https://acme.omniapp.co/api/v1/api-keys/${id}`;

function sectionOf(group: SampleGroup): MailSection {
  return findingSection(sampleGroup(group), now, context, 'list them');
}

describe('a section of findings', () => {
  test('tells what, why, how many and which', () => {
    const section = sectionOf({ kind: 'token-stale', transition: 'escalated', severity: 'medium', count: 120 });

    assert.equal(section.title, 'Stale token (escalated)');
    assert.match(section.intro, /^Omni tokens never expire/);
    assert.deepEqual([section.severity, section.count, section.moreCommand], ['medium', 120, 'list them']);
    assert.deepEqual(
      section.rows.map(({ title }) => title),
      ['"nightly export"'],
    );
  });

  test('points to the file that goes with the mail, where files do', () => {
    const group = sampleGroup({ kind: 'token-created', severity: 'high' });

    const files = [true, false].map(
      (hasAttachments) => findingSection(group, now, { ...context, hasAttachments }, 'list them').moreFile,
    );

    assert.deepEqual(files, ['findings.csv', null]);
  });

  for (const type of ['mcp', 'personal']) {
    test(`of tokens of type ${type} gives the line that deletes each, with the secret by name only`, () => {
      const sections = [
        sectionOf({ kind: 'token-created', severity: 'medium', type }),
        sectionOf({ kind: 'token-stale', transition: 'opened', severity: 'low', type }),
      ];

      assert.deepEqual(commandsOf({ sections }), [deletion, deletion]);
    });
  }

  for (const type of ['organization', 'service']) {
    test(`of tokens of type ${type} gives no such line, since the app can delete them`, () => {
      const sections = [sectionOf({ kind: 'token-created', severity: 'medium', type })];

      assert.deepEqual(commandsOf({ sections }), []);
    });
  }

  for (const kind of ['token-removed', 'token-disabled', 'token-renamed', 'owner-idle'] as const) {
    test(`of kind ${kind} gives no such line and no place to act, since no token has to go for it`, () => {
      const section = sectionOf({ kind, severity: 'info', type: 'mcp', tokens: heldTokens(2, { type: 'mcp' }) });

      assert.equal(section.intro, catalogueEntry(kind).why);
      assert.deepEqual(commandsOf({ sections: [section] }), []);
    });
  }

  test('says where one can act: in the app, by the command of each MCP grant, and of a personal token too', () => {
    const actOf = (...types: string[]): string => {
      const [first, ...others] = types.map((type) => sampleGroup({ kind: 'token-enabled', severity: 'high', type }));
      assert.ok(first !== undefined);
      const findings = [first, ...others].flatMap((group) => group.findings);
      return findingSection({ ...first, count: findings.length, findings }, now, context, '').intro;
    };
    const said = {
      app: /\bin Omni \(https:\/\/acme\.omniapp\.co\)[^.]* Settings › API access\./i,
      mcp: /\bMCP grants are not visible in the app: the command\b[^.]*\bdeletes it\./,
      personal: /\bcommand with a personal token deletes it\b/,
    };
    const expected: [types: string[], ...said: (keyof typeof said)[]][] = [
      [['organization'], 'app'],
      [['service', 'organization'], 'app'],
      [['personal'], 'app', 'personal'],
      [['organization', 'personal'], 'app', 'personal'],
      [['mcp'], 'mcp'],
      [['organization', 'mcp'], 'app', 'mcp'],
      [['personal', 'mcp'], 'app', 'mcp', 'personal'],
    ];

    for (const [types, ...parts] of expected) {
      for (const [part, pattern] of Object.entries(said)) {
        assert.equal(pattern.test(actOf(...types)), (parts as string[]).includes(part), `${part} for ${types}`);
      }
    }
  });

  for (const kind of ['type-first-seen', 'credential-changed'] as const) {
    test(`of kind ${kind} names no place to act, since it is about neither a token nor an owner`, () => {
      assert.equal(sectionOf({ kind, severity: 'medium', type: 'mcp' }).intro, catalogueEntry(kind).why);
    });
  }

  test('holds no character that could fool a reader, for any hostile name or type', () => {
    const names = hostile.tokens.map(({ name }) => name);
    const groups: SampleGroup[] = [
      { kind: 'token-renamed', severity: 'low', names },
      { kind: 'token-identity-changed', severity: 'critical', names, type: 'x\u202e\n' },
      ...names.map(
        (type): SampleGroup => ({ kind: 'token-type-unknown', transition: 'opened', severity: 'medium', type }),
      ),
    ];

    const rows = groups.flatMap((group) => sectionOf(group).rows);

    assert.equal(rows.length, 3 * names.length);
    for (const said of rows.flatMap(saidBy)) {
      assert.doesNotMatch(said, unseen);
    }
  });
});

describe('the list of what was resolved', () => {
  const stale = { kind: 'token-stale', transition: 'resolved', severity: 'low' } as const;

  test('is left out where nothing was', () => {
    assert.deepEqual(resolvedSections([sampleGroup({ ...stale, transition: 'opened' })], 'list them'), []);
    assert.deepEqual(resolvedSections([], 'list them'), []);
  });

  test('is one short list of all kinds, with the exact count and nothing to act on', () => {
    const groups = [
      sampleGroup({ ...stale, names: ['a', 'b'], count: 2, type: 'mcp' }),
      sampleGroup({ kind: 'token-created', severity: 'high' }),
      sampleGroup({ kind: 'owner-idle', transition: 'resolved', severity: 'low' }),
    ];

    const [section, ...others] = resolvedSections(groups, 'list them');

    assert.ok(section !== undefined);
    assert.deepEqual(others, []);
    assert.deepEqual([section.severity, section.count], [null, 3]);
    assert.deepEqual([section.intro, section.moreCommand], ['', 'list them']);
    assert.match(section.title, /^Good news\b.*\bresolved$/);
    assert.deepEqual(
      section.rows.map(({ title }) => title.split(':')[0]),
      ['"a"', '"b"', '"Jane Doe" (jane@acme.example)'],
    );
    assert.deepEqual(commandsOf({ sections: [section] }), []);
  });

  test('shows fifty at most, and counts all', () => {
    const groups = [
      sampleGroup({ ...stale, names: Array(30).fill('a'), count: 1000 }),
      sampleGroup({ ...stale, severity: 'high', names: Array(30).fill('b'), count: 31 }),
    ];

    const [section] = resolvedSections(groups, 'list them');

    assert.equal(section?.rows.length, 50);
    assert.equal(section.count, 1031);
  });
});
