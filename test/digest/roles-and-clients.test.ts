import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tokenRole } from '../../src/digest/role-wording.ts';
import type { Finding } from '../../src/rules/finding.ts';
import type { KnownRole } from '../../src/rules/role.ts';
import { textOf } from './read-mail.ts';
import { changed, checkWords, digest, sampleGroup } from './sample-groups.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const viewer: KnownRole = {
  baseRole: 'VIEWER',
  name: 'Viewer',
  connections: 1,
  unknownRoles: [],
  measureBaseRole: 'VIEWER',
  asOf: '2026-11-23T07:00:00.000Z',
};

function words(role: Partial<KnownRole> | null, type = 'personal'): string | null {
  return tokenRole(type, { role: role && { ...viewer, ...role } }, now);
}

describe('what a token can do', () => {
  const table: [what: string, words: string | null, expected: string | null][] = [
    ['an organization key', words(null, 'organization'), 'organization admin'],
    ['a token whose owner has an unknown role', words(null), null],
    ['a role that was read today', words({}), 'viewer on 1 connection, as of this audit'],
    [
      'an older role',
      words({ asOf: '2026-11-20T07:00:00.000Z', connections: 2 }),
      'viewer on 2 connections, as of 3 days ago',
    ],
    [
      'a role of hours ago',
      words({ asOf: '2026-11-23T06:00:00.000Z' }),
      'viewer on 1 connection, as of less than a day ago',
    ],
    [
      'a role under the customer’s own name',
      words({ name: 'connection admin' }),
      'viewer ("connection admin") on 1 connection, as of this audit',
    ],
    [
      'the standard name in another spelling',
      words({ baseRole: 'QUERY_TOPICS', name: 'Restricted Querier' }),
      'restricted querier on 1 connection, as of this audit',
    ],
    [
      'a base role that this version does not know',
      words({ baseRole: 'OWNER', name: 'viewer"\u202e' }),
      '"viewer\\"⟨U+202E⟩" (a role that this version does not know) on 1 connection, as of this audit',
    ],
    [
      'several roles that this version does not know',
      words({ unknownRoles: ['a', 'b', 'c', 'd'] }),
      'viewer on 1 connection, and as "a", "b", "c" and 1 more (roles that this version does not know), as of this audit',
    ],
  ];
  for (const [what, shown, expected] of table) {
    test(`is shown for ${what}`, () => {
      assert.equal(shown, expected);
    });
  }
});

describe('a digest', () => {
  const raised = sampleGroup('owner-role-raised');
  const client = sampleGroup('mcp-client-new');
  const withRole = (group: typeof raised, role: KnownRole | null, state: 'active' | 'deactivated' = 'active') =>
    changed(group, (finding): Finding => ({ ...finding, owner: finding.owner && { ...finding.owner, state, role } }));

  checkWords([
    [
      'ten accounts with a raised role',
      digest({ groups: [{ ...raised, count: 10, findings: Array(10).fill(raised.findings[0]) }] }),
      'HIGH: Account whose tokens can do more now (10)',
    ],
    [
      'more than ten accounts with a raised role, in all',
      digest({
        groups: [
          { ...raised, count: 8, tokenCount: 9 },
          { ...raised, severity: 'medium', count: 3, tokenCount: 3 },
        ],
      }),
      '* 11 accounts with 12 tokens (8 high, 3 medium): omni-token-audit findings --run 42',
    ],
    [
      'several new clients with several grants',
      digest({
        groups: [
          {
            ...changed(client, (finding) =>
              finding.kind === 'mcp-client-new'
                ? { ...finding, detail: { ...finding.detail, grants: 3, others: 5 } }
                : finding,
            ),
            count: 1,
            others: 5,
          },
        ],
      }),
      '6 new MCP clients; 214 tokens',
      'MEDIUM: New MCP client (6)',
      'the first of 3 grants of this name in this run',
      '… and 5 more: omni-token-audit tokens --type mcp',
    ],
    [
      'an account without access',
      digest({ groups: [withRole(client, { ...viewer, baseRole: 'NO_ACCESS', name: 'No Access' })] }),
      'Has no access on 1 connection, as of this audit',
    ],
    [
      'a deactivated account, whose tokens may do nothing any more',
      digest({ groups: [withRole(client, viewer, 'deactivated')] }),
      'Last role: viewer on 1 connection, as of this audit',
    ],
    [
      'roles, which do not show organization administrators',
      digest({ groups: [withRole(client, viewer)] }),
      'Note: Roles apply to connections. Omni does not tell us who is an Organization Admin.',
    ],
  ]);

  test('says nothing about roles when it shows none', () => {
    assert.doesNotMatch(textOf(digest({ groups: [withRole(client, null)] })), /role|Organization Admin/);
  });

  test('does not say what a removed token can do', () => {
    assert.doesNotMatch(textOf(digest({ groups: [sampleGroup('token-removed')] })), /Acts as|role:/);
  });
});
