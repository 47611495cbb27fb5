import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findingRow, resolvedRow, tokenRow } from '../../../src/digest/content/finding-section.ts';
import { type MailRow, plainRow } from '../../../src/digest/content/mail-content.ts';
import type { FindingKind } from '../../../src/rules/catalogue.ts';
import type { Finding } from '../../../src/rules/finding.ts';
import type { FindingOwner } from '../../../src/rules/owner.ts';
import { unseen } from '../../support/unseen.ts';
import { labelled, saidBy } from '../mail-parts.ts';
import { context, jane, noName, type SampleGroup, sampleGroup } from './sample-report.ts';

const now = new Date('2026-11-23T07:00:00.000Z');

function findingOf(group: Omit<SampleGroup, 'severity'>): Finding {
  const [finding] = sampleGroup({ severity: 'low', ...group }).findings;
  assert.ok(finding !== undefined);
  return finding;
}

function rowOf(group: Omit<SampleGroup, 'severity'>): MailRow {
  return findingRow(findingOf(group), now, context.baseUrl);
}

describe('the row of a finding', () => {
  const ofTokens: [FindingKind, string | null][] = [
    ['token-stale', '267 days old, past the threshold of 180'],
    ['token-created', null],
  ];
  for (const [kind, what] of ofTokens) {
    test(`of kind ${kind} tells ${what ?? 'nothing more'} of the token, with its type, age and owner`, () => {
      const row = rowOf({ kind, type: 'personal', membershipId: 'c3' });

      assert.equal(row.title, '"nightly export"');
      assert.deepEqual(row.facts, [
        ...(what === null ? [] : [what]),
        'personal token, 267 days old, created 2026-03-01',
        'Owner: "Jane Doe" (jane@acme.example)',
      ]);
      assert.deepEqual(row.items, []);
      assert.deepEqual(row.smallPrint, ['id 6513270e-269e-4d37-b2a7-000000000000', "owner's membership c3"]);
    });
  }

  test('about an account tells what is particular, and each token that it holds', () => {
    const row = rowOf({ kind: 'owner-deactivated' });

    assert.equal(row.title, '"Jane Doe" (jane@acme.example)');
    assert.deepEqual(row.facts, ['holds 2 tokens']);
    assert.deepEqual(
      row.items.map(({ title, facts, smallPrint }) => [title, facts, smallPrint]),
      [
        ['"key 1"', ['personal token, 267 days old, created 2026-03-01'], ['id held-1']],
        ['"key 2"', ['personal token, 267 days old, created 2026-03-01'], ['id held-2']],
      ],
    );
    assert.deepEqual([row.smallPrint, row.command], [['membership 6513270e-269e-4d37-b2a7-000000000000'], null]);
  });

  test('about the organisation has what is particular for its title, and nothing else', () => {
    const row = rowOf({ kind: 'type-first-seen', type: 'service' });

    assert.deepEqual(row, { ...plainRow, title: 'type "service"' });
  });

  const owners: [string, FindingOwner, string][] = [
    ['who is deactivated as such', { ...jane, state: 'deactivated' }, '"Jane Doe" (jane@acme.example): deactivated'],
    ['who is gone as such', { ...jane, state: 'missing' }, '"Jane Doe" (jane@acme.example): account no longer exists'],
    ['who is gone and never had a name', { ...noName, state: 'missing' }, 'membership c3: account no longer exists'],
    [
      'with what is no plain address in quotes, so that it cannot imitate a state',
      { ...jane, userName: 'jane): deactivated' },
      '"Jane Doe" ("jane): deactivated")',
    ],
    ['without a display name by the user name', { ...jane, displayName: '' }, '"jane@acme.example"'],
  ];
  for (const [who, owner, said] of owners) {
    test(`tells the owner ${who}`, () => {
      assert.equal(labelled(rowOf({ kind: 'token-created', membershipId: 'c3', owner }), 'Owner'), said);
    });
  }

  test('tells the membership alone of an owner who is not known', () => {
    const row = rowOf({ kind: 'token-created', membershipId: 'c3', owner: null });

    assert.deepEqual(row.facts, ['organization key, 267 days old, created 2026-03-01']);
    assert.equal(row.smallPrint.at(-1), "owner's membership c3");
  });

  test('tells no owner of a token that has none', () => {
    const row = rowOf({ kind: 'token-created' });

    assert.deepEqual(row.facts, ['organization key, 267 days old, created 2026-03-01']);
    assert.deepEqual(row.smallPrint, ['id 6513270e-269e-4d37-b2a7-000000000000']);
  });

  test('shows what it is about without what could fool a reader, and no link', () => {
    const evil = 'a\u202e\nhttps://phish.example';

    const rows = [
      rowOf({ kind: 'token-renamed', names: [evil] }),
      rowOf({ kind: 'type-first-seen', type: evil }),
      rowOf({ kind: 'token-created', membershipId: 'c3', owner: { ...jane, displayName: evil, userName: evil } }),
      rowOf({ kind: 'owner-idle', names: [evil] }),
    ];

    for (const said of rows.flatMap(saidBy)) {
      assert.doesNotMatch(said, unseen);
      assert.doesNotMatch(said, /:\/\//);
    }
    assert.equal(rows[0]?.title, '"a⟨U+202E⟩⟨U+000A⟩https[:]//phish.example"');
    assert.equal(rows[1]?.title, 'type "a⟨U+202E⟩⟨U+000A⟩https[:]//phish.example"');
  });
});

describe('the row of a token that is shown for itself', () => {
  const token = { id: 'a1', name: '', type: 'personal', enabled: true, createdAt: '2026-11-20T00:00:00.000Z' };
  const unowned = { token: { ...token, membershipId: null }, owner: null };

  test('tells its name, type, age and id, and no command', () => {
    assert.deepEqual(tokenRow(unowned, now), {
      ...plainRow,
      title: '""',
      facts: ['personal token, 3 days old, created 2026-11-20'],
      smallPrint: ['id a1'],
    });
  });

  test('tells when it is disabled', () => {
    const disabled = { ...unowned, token: { ...unowned.token, enabled: false } };

    assert.deepEqual(tokenRow(disabled, now).facts, ['personal token, 3 days old, created 2026-11-20, disabled']);
  });

  test('tells its owner', () => {
    const row = tokenRow({ token: { ...token, membershipId: 'c3' }, owner: jane }, now);

    assert.equal(labelled(row, 'Owner'), '"Jane Doe" (jane@acme.example)');
    assert.deepEqual(row.smallPrint, ['id a1', "owner's membership c3"]);
  });
});

describe('the row of what was resolved', () => {
  test('is one line that names the token and what it is no longer', () => {
    const row = resolvedRow(findingOf({ kind: 'token-stale', transition: 'resolved', type: 'mcp' }));

    assert.match(row.title, /^"nightly export": .*“Stale token”/);
    assert.deepEqual([row.facts, row.items, row.command], [[], [], null]);
    assert.deepEqual(row.smallPrint, ['id 6513270e-269e-4d37-b2a7-000000000000']);
  });

  test('names the owner where the condition was about one, by the membership where nothing else is known', () => {
    const [known, unknown] = [jane, null].map((owner) =>
      resolvedRow(findingOf({ kind: 'owner-idle', transition: 'resolved', owner })),
    );

    assert.match(known?.title ?? '', /^"Jane Doe" \(jane@acme\.example\): .*“Idle account that holds tokens”/);
    assert.match(unknown?.title ?? '', /^membership 6513270e-269e-4d37-b2a7-000000000000: /);
    assert.deepEqual(known?.smallPrint, ['membership 6513270e-269e-4d37-b2a7-000000000000']);
  });
});
