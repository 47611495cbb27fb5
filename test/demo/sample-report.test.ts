import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleInventory, sampleMails, sampleOpenGroups, sampleTrend } from '../../scripts/sample-contents.ts';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { openCount } from '../../src/history/report.ts';
import { findingCatalogue, isConditionKind } from '../../src/rules/catalogue.ts';
import { ownerFacts } from '../../src/rules/finding.ts';
import { severities } from '../../src/rules/severity.ts';
import { ageInDays } from '../../src/time/duration.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { unseenInLines } from '../support/unseen.ts';

const now = new Date(sampleReport.run.startedAt);
const findings = sampleReport.groups.flatMap((group) => group.findings);
const acknowledgements = sampleReport.acknowledgements.map(({ acknowledgement }) => acknowledgement);
/** Every token that stands anywhere in the sample, as often as it does. */
const tokens = [
  ...findings.flatMap((finding) => [
    ...(finding.token === null ? [] : [finding.token]),
    ...(ownerFacts(finding)?.tokens ?? []),
  ]),
  ...sampleInventory.flatMap((group) => group.tokens.map(({ token }) => token)),
];

function sumOf(counts: readonly { count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

describe('the sample of a digest', () => {
  const { sections, notes, lead, isCritical } = runContent(sampleReport, sampleContext);

  test('has something in every kind of section, and in every severity that can occur', () => {
    assert.deepEqual(new Set(sections.map(({ severity }) => severity)), new Set([...severities, null]));
    for (const { title, rows, count } of sections) {
      assert.ok(rows.length > 0, `${title} is empty`);
      assert.ok(count !== null && count >= rows.length, title);
    }
    assert.ok(notes.length > 0);
    assert.equal(isCritical, true);
    assert.match(lead, /\b2 resolved\b.*\b1 acknowledged\b.*\b4 acknowledgements ended\b.*\b214 tokens\b/);
  });

  test('has a command, a change from before to after, an owner, tokens of an owner and every known type', () => {
    const rows = sections.flatMap((section) => section.rows);
    const facts = rows.flatMap((row) => row.facts);

    assert.ok(rows.some(({ command }) => command?.startsWith('curl ')));
    assert.ok(facts.some((fact) => / → /.test(fact)));
    assert.ok(facts.some((fact) => fact.startsWith('Owner: ')));
    assert.ok(rows.some(({ items }) => items.length > 1));
    assert.deepEqual(new Set(tokens.map(({ type }) => type)), new Set(['mcp', 'personal', 'organization', 'service']));
  });

  test('gives each finding a severity that its kind can have', () => {
    for (const { kind, transition, severity } of findings.filter((each) => each.transition !== 'resolved')) {
      const possible: readonly string[] = isConditionKind(kind)
        ? findingCatalogue[kind].severities
        : ['organization', 'personal', 'mcp'].map((type) => findingCatalogue[kind].severity(type));
      assert.ok(possible.includes(severity), `${kind} ${transition} is never ${severity}`);
      assert.equal(transition === 'event', !isConditionKind(kind), `${kind} is no ${transition}`);
    }
  });
});

describe('the ids of the sample', () => {
  test('are of one token each, and are safe in a URL and in a shell', () => {
    const names = new Map<string, string>();
    for (const { id, name } of tokens) {
      assert.match(id, /^[\w-]+$/);
      assert.equal(names.get(id) ?? name, name, `${id} is of two tokens`);
      names.set(id, name);
    }

    assert.equal(new Set(names.values()).size, names.size);
    assert.ok(names.size > 10);
  });

  test('are of one owner each, and of no token', () => {
    const owners = new Map<string, string | null>();
    const add = (id: string, userName: string | null | undefined): void => {
      assert.equal(owners.get(id) ?? userName, userName, `${id} is of two owners`);
      owners.set(id, userName ?? null);
    };
    for (const { subject, token, owner } of findings) {
      if (subject.type === 'owner') add(subject.id, owner?.userName);
      if (token?.membershipId != null) add(token.membershipId, owner?.userName);
    }

    assert.equal(new Set(owners.values()).size, owners.size);
    assert.ok(!tokens.some(({ id }) => owners.has(id)));
  });

  test('of acknowledgements and of what they are about are all different', () => {
    assert.equal(new Set(acknowledgements.map(({ id }) => id)).size, acknowledgements.length);
    assert.equal(new Set(acknowledgements.map(({ condition }) => condition.id)).size, acknowledgements.length);
  });

  test('of findings are all different', () => {
    assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
  });
});

describe('the numbers of the sample', () => {
  test('of tokens are the same by type, by age, in the inventory and in the last week', () => {
    const { run, tokensByType } = sampleReport;

    assert.deepEqual(
      [sumOf(tokensByType), sumOf(sampleTrend.ages), sumOf(sampleInventory), sampleTrend.weeks.at(-1)?.tokenCount],
      Array(4).fill(run.tokenCount),
    );
    assert.equal(sampleTrend.weeks.at(-1)?.openCount, openCount(sampleReport));
    assert.equal(sampleTrend.weeks.at(-1)?.at, run.startedAt);
  });

  test('of days are the true ages at the time of the run', () => {
    const stale = findings.filter(({ kind, transition }) => kind === 'token-stale' && transition !== 'resolved');

    assert.ok(stale.length > 0);
    for (const finding of stale) {
      const { ageDays } = factsOfKind(finding, 'token-stale');
      assert.equal(ageInDays(finding.token?.createdAt ?? '', now), ageDays);
    }
    for (const { createdAt } of tokens) assert.ok(Date.parse(createdAt) < now.getTime());
  });

  test('of what stands are those that are listed and those that are acknowledged', () => {
    assert.equal(sumOf(sampleOpenGroups) + sampleReport.acknowledgedCount, openCount(sampleReport));
  });
});

describe('a mail of the sample', () => {
  for (const [name, content] of Object.entries(sampleMails())) {
    test(`"${name}" renders, and is whole`, () => {
      const { subject, text, html } = renderMail(content);

      assert.match(subject, /^\[Omni tokens\] Acme\b/);
      for (const part of [subject, text, html]) {
        assert.doesNotMatch(part, unseenInLines);
        assert.doesNotMatch(part, /undefined|NaN|Infinity|\[object /);
      }
      assert.ok(Buffer.byteLength(text) <= 100_000 && Buffer.byteLength(html) <= 100_000);
    });
  }
});
