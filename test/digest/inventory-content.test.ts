import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { inventoryContent } from '../../src/digest/content/summary-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import type { Inventory, SummaryReport } from '../../src/history/report.ts';
import { noSeverityCounts } from '../../src/rules/severity.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../support/unseen.ts';
import { context, jane, ownedToken, sampleGroup, sampleReport, trend } from './content/sample-report.ts';
import { labelled, saidBy, textSections } from './mail-parts.ts';

const tokens: Inventory = [
  { type: 'personal', count: 200, tokens: [ownedToken({ name: 'first' }), ownedToken({ name: 'second' }, null)] },
  { type: 'organization', count: 14, tokens: [ownedToken({ name: 'key', type: 'organization' })] },
];

function content(
  { inventory = tokens, ...facts }: Partial<SummaryReport & { inventory: Inventory }> = {},
  hasAttachments = false,
): MailContent {
  return inventoryContent(
    {
      report: sampleReport([]),
      openGroups: [],
      period: {
        since: '2026-11-16T07:00:00.000Z',
        inventorySince: '2026-08-25T07:00:00.000Z',
        attempts: 7,
        complete: 7,
        newRecordFields: [],
      },
      trend,
      ...facts,
    },
    inventory,
    { ...context, hasAttachments },
  );
}

describe('the inventory', () => {
  test('counts the tokens in its subject, and says what it is for', () => {
    const { subject, lead, paragraphs, moreCommand } = content();

    assert.equal(subject, '[Omni tokens] Acme: inventory of 214 tokens');
    assert.equal(lead, 'All clear: nothing is open. 214 tokens in all.');
    assert.match(paragraphs[0] ?? '', /access review\b.*\bcommand at the end prints the full list\.$/);
    assert.match(paragraphs[1] ?? '', /^7 of 7 audits complete since 2026-11-16 07:00 UTC/);
    assert.match(paragraphs[1] ?? '', / 200 personal, 14 organization\.$/);
    assert.equal(paragraphs.length, 2);
    assert.equal(moreCommand, 'omni-token-audit tokens --run 12 --format csv');
  });

  test('says that the full list goes with it, where files do', () => {
    const [withFile, without] = [content({}, true), content()];

    assert.match(withFile.paragraphs[0] ?? '', /\bfull list goes with this mail\.$/);
    assert.equal(withFile.moreCommand, without.moreCommand);
  });

  test('points to the file for the tokens of a type, and to no file that does not go with it', () => {
    const stale = sampleGroup({ kind: 'token-stale', transition: 'opened', severity: 'high', count: 9 });

    const files = content({ openGroups: [stale] }, true).sections.map(({ moreFile }) => moreFile);

    assert.deepEqual(files, [null, null, 'tokens.csv', 'tokens.csv']);
  });

  test('of one token uses the singular', () => {
    const report = sampleReport([]);

    assert.match(content({ report: { ...report, run: { ...report.run, tokenCount: 1 } } }).subject, /of 1 token$/);
  });

  test('lists the tokens by type, each with its owner, the exact count and the command for the others', () => {
    const [, ...sections] = content().sections;

    assert.deepEqual(
      sections.map(({ title, count, severity, moreCommand }) => [title, count, severity, moreCommand]),
      [
        ['Tokens of type personal', 200, null, 'omni-token-audit tokens --run 12 --type personal'],
        ['Tokens of type organization', 14, null, 'omni-token-audit tokens --run 12 --type organization'],
      ],
    );
    assert.deepEqual(
      sections[0]?.rows.map(({ title }) => title),
      ['"first"', '"second"'],
    );
    const [first, second] = sections[0].rows;
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(labelled(first, 'Owner'), '"Jane Doe" (jane@acme.example)');
    assert.equal(labelled(second, 'Owner'), undefined);
    assert.deepEqual(second.smallPrint, ['id a1', "owner's membership c3"]);
  });

  test('shows what is open before the tokens, worst first', () => {
    const stale = sampleGroup({ kind: 'token-stale', transition: 'opened', severity: 'high' });
    const gone = sampleGroup({ kind: 'owner-missing', transition: 'opened', severity: 'critical' });
    const report = sampleReport([], { openBySeverity: { ...noSeverityCounts(), critical: 1, high: 1 } });

    const { sections, lead, subject } = content({ report, openGroups: [stale, gone] });

    assert.equal(subject, '[Omni tokens] Acme: inventory of 214 tokens');
    assert.equal(lead, 'Still open: 2 orphaned, 1 stale. 214 tokens in all.');
    assert.deepEqual(
      sections.map(({ severity }) => severity),
      [null, 'critical', 'high', null, null],
    );
  });

  test('has a section for each of eight types, whatever is open, and leaves the others to the full list', () => {
    const stale = sampleGroup({ kind: 'token-stale', transition: 'opened', severity: 'high' });
    const typed = (count: number): string[] => {
      const types = Array.from({ length: count }, (_, index) => `type-${index + 1}`);
      const grouped = types.map((type) => ({ type, count: 1, tokens: [ownedToken({ name: 'key', type })] }));
      const { sections, moreCommand } = content({ inventory: grouped, openGroups: [stale] });
      assert.equal(moreCommand, 'omni-token-audit tokens --run 12 --format csv');
      assert.equal(sections[1]?.title, 'Stale token');
      return sections.slice(2).map(({ title }) => title);
    };
    const firstEight = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `Tokens of type type-${number}`);

    assert.deepEqual([typed(8), typed(9), typed(500)], [firstEight, firstEight, firstEight]);
  });

  test('passes on what readers must know of the audit', () => {
    const ownersProblem = { problem: 'listing users was answered with 403', hint: '' };

    const { alerts, notes } = content({ report: sampleReport([], { ownersProblem, rejudgedCount: 1 }) });

    assert.deepEqual([alerts.length, notes.length], [1, 1]);
  });

  test('lets no hostile name, type or owner break a line or a command', () => {
    const sections = hostile.tokens.flatMap(({ name }) => {
      const tokens = [ownedToken({ name, type: name }, { ...jane, displayName: name, userName: name })];
      return content({ inventory: [{ type: name, count: 1, tokens }] }).sections.slice(1);
    });

    assert.equal(sections.length, hostile.tokens.length);
    for (const { title, rows, moreCommand } of sections) {
      const [row] = rows;
      assert.ok(row !== undefined);
      for (const said of [title, ...saidBy(row)]) {
        assert.doesNotMatch(said, unseen);
      }
      assert.match(moreCommand, /^omni-token-audit tokens --run 12 --type [\w-]+$/);
    }
  });

  test('gives a command that can be run as it stands, of a bounded length, whatever the type', () => {
    for (const type of ['x'.repeat(5000), '--help', '-x']) {
      const inventorySection = content({
        inventory: [{ type, count: 2, tokens: [ownedToken({ name: 'a', type })] }],
      }).sections.at(-1);

      assert.match(inventorySection?.moreCommand ?? '', /^omni-token-audit tokens --run 12 --type \w[\w-]{0,80}$/);
    }
  });

  test('stays under 100 KB with fifty tokens of long names in each type', () => {
    const name = '"<&>'.repeat(1000);
    const types = ['organization', 'personal', 'mcp', 'service'];
    const full = types.map((type) => ({ type, count: 50_000, tokens: Array(50).fill(ownedToken({ name, type })) }));

    const { html, text } = renderMail(content({ inventory: full }));

    for (const part of [html, text]) assert.ok(Buffer.byteLength(part) <= 100_000, `${Buffer.byteLength(part)} bytes`);
    assert.deepEqual(
      textSections(text)
        .slice(1)
        .map(({ count, rows, leftOut }) => [count, rows + leftOut]),
      types.map(() => [50_000, 50_000]),
    );
  });
});
