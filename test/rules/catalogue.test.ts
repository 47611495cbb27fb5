import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  catalogueEntry,
  conditionSeverity,
  eventSeverity,
  type FindingKind,
  findingCatalogue,
  findingKinds,
  isConditionKind,
} from '../../src/rules/catalogue.ts';
import type { Wording } from '../../src/rules/catalogue-entry.ts';
import type { FindingDetail } from '../../src/rules/finding.ts';
import type { Severity } from '../../src/rules/severity.ts';

type Known = [
  nature: 'event' | 'condition',
  /** Of a condition, from its first level on. */
  severities: Severity[],
  detail: FindingDetail,
  /** What one of them says of that detail; empty: its title says it all. */
  says: string,
];

/** As the product's design lists them. */
const known: Record<FindingKind, Known> = {
  'token-created': ['event', ['medium'], {}, ''],
  'token-removed': ['event', ['info'], { confirmed: true }, 'confirmed: Omni answers that it is gone'],
  'token-disabled': ['event', ['info'], {}, 'enabled → disabled'],
  'token-enabled': ['event', ['high'], {}, 'disabled → enabled'],
  'token-renamed': ['event', ['low'], { before: 'old', after: '' }, '<old> → <>'],
  'token-owner-changed': ['event', ['critical'], { before: null, after: 'c3' }, 'nobody → c3'],
  'token-type-changed': ['event', ['critical'], { before: 'personal', after: 'mcp' }, 'type <personal> → <mcp>'],
  'token-created-at-changed': [
    'event',
    ['critical'],
    { before: '2026-01-02T00:00:00.000Z', after: '2026-03-01T00:00:00.000Z' },
    'created 2026-01-02T00:00:00.000Z → 2026-03-01T00:00:00.000Z',
  ],
  'token-reappeared': ['event', ['high'], {}, ''],
  'type-first-seen': ['event', ['medium'], { value: 'service' }, 'type <service>'],
  'credential-changed': [
    'event',
    ['critical'],
    { before: 'user, VIEWER', after: 'user, ADMIN' },
    'user, VIEWER → user, ADMIN',
  ],
  'token-stale': [
    'condition',
    ['low', 'medium', 'high'],
    { ageDays: 267, thresholdDays: 180 },
    '267 days old, past the threshold of 180',
  ],
  'token-disabled-lingering': [
    'condition',
    ['low'],
    { since: '2026-11-01T00:00:00.000Z', ageDays: 22, thresholdDays: 20 },
    'seen disabled since 2026-11-01 (22 days), past the threshold of 20',
  ],
  'token-type-unknown': ['condition', ['medium'], {}, ''],
  'owner-deactivated': ['condition', ['critical'], { tokenCount: 1 }, 'holds 1 token'],
  'owner-missing': ['condition', ['critical'], { tokenCount: 2 }, 'holds 2 tokens'],
  'owner-idle': [
    'condition',
    ['low'],
    { ageDays: 91, thresholdDays: 90, tokenCount: 2 },
    'last log-in 91 days ago, past the threshold of 90; holds 2 tokens',
  ],
};

/** Shows where each part comes from. */
const words: Wording = {
  quoted: (text) => `<${text}>`,
  visible: (text) => text,
  plural: (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`,
  ownerName: (owner, membershipId) => owner?.displayName ?? membershipId,
  dayOf: (instant) => instant.slice(0, 10),
};

describe('the catalogue of findings', () => {
  for (const kind of findingKinds) {
    test(`says in words what ${kind} means and what it relates to`, () => {
      const { title, why, subjectWord, relatesTo } = catalogueEntry(kind);

      assert.match(title, /^[A-Z][^.]+$/);
      assert.match(why, /^[A-Z].*\.$/);
      assert.match(subjectWord, /^[a-z -]+$/);
      if (relatesTo !== null) assert.match(relatesTo, /^(PCI DSS|OWASP|CIS|NIST) /);
    });

    const [nature, severities, detail, says] = known[kind];
    test(`weighs ${kind}, a kind of ${nature}, as ${severities.join(', then ')}`, () => {
      const weighed = severities.map((_, rank) =>
        isConditionKind(kind) ? conditionSeverity(kind, rank) : eventSeverity(kind, null),
      );

      assert.deepEqual([findingCatalogue[kind].nature, weighed], [nature, severities]);
    });

    test(`says ${says === '' ? 'nothing more than its title' : `"${says}"`} for ${kind}`, () => {
      assert.equal(catalogueEntry(kind).says?.(detail, words) ?? '', says);
    });
  }

  test('gives each kind a title of its own', () => {
    const titles = findingKinds.map((kind) => catalogueEntry(kind).title);

    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  });

  test('gives each kind a word of its own in the subject, except for the two ways to be orphaned', () => {
    const byWord = Map.groupBy(findingKinds, (kind) => catalogueEntry(kind).subjectWord);

    const shared = [...byWord].filter(([, kinds]) => kinds.length > 1);

    assert.deepEqual(shared, [['orphaned', ['owner-deactivated', 'owner-missing']]]);
  });

  test('counts tokens, and not accounts, for what is orphaned', () => {
    const counted = findingKinds.filter((kind) => catalogueEntry(kind).countsTokens === true);

    assert.deepEqual(counted, ['owner-deactivated', 'owner-missing']);
  });

  test('confirms no removal that Omni did not', () => {
    for (const detail of [{ confirmed: false }, {}]) {
      assert.equal(findingCatalogue['token-removed'].says(detail), 'not asked for by its id');
    }
  });

  test('begins with what is critical, and there with the accounts that are no more', () => {
    const critical = findingKinds.filter((kind) => known[kind][1].includes('critical'));

    assert.deepEqual(findingKinds.slice(0, critical.length), critical);
    assert.deepEqual(findingKinds.slice(0, 2), ['owner-deactivated', 'owner-missing']);
  });

  test('raises a condition with its rank and keeps the last severity above', () => {
    const raised = [0, 1, 2, 3, 9].map((rank) => conditionSeverity('token-stale', rank));

    assert.deepEqual(raised, ['low', 'medium', 'high', 'high', 'high']);
  });

  test('keeps the one severity of a condition at every rank', () => {
    assert.deepEqual(
      [0, 1, 9].map((rank) => conditionSeverity('owner-deactivated', rank)),
      ['critical', 'critical', 'critical'],
    );
  });

  test('takes a new organization token more seriously than any other', () => {
    assert.equal(eventSeverity('token-created', 'organization'), 'high');
    assert.equal(eventSeverity('token-created', 'service'), 'medium');
    assert.equal(eventSeverity('token-created', null), 'medium');
  });
});
