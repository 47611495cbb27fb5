import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderHtml } from '../../src/digest/html.ts';
import { runContent } from '../../src/digest/run-content.ts';
import type { RunReport } from '../../src/domain/run-report.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { baselineReport, context, everyGroup, sampleReport } from './sample-report.ts';

const mailLimitBytes = 100_000;

function htmlOf(report: RunReport): string {
  return renderHtml(runContent(report, context));
}

/** All markup in its order, as a parser would meet it: tags with their attributes, and comments. */
function structureOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

function namedBy(name: string): RunReport {
  return baselineReport(
    [
      { kind: 'token-created', severity: 'high', names: [name] },
      { kind: 'token-renamed', severity: 'low', names: [name] },
      { kind: 'token-stale', turn: 'opened', severity: 'low', names: [name], type: 'mcp' },
    ],
    {
      recent: {
        count: 1,
        tokens: [
          { id: 'a1', name, type: 'mcp', enabled: true, createdAt: '2026-11-20T00:00:00.000Z', membershipId: null },
        ],
      },
    },
  );
}

describe('the HTML part', () => {
  const harmless = structureOf(htmlOf(namedBy('harmless')));

  for (const { id, name } of hostile.tokens) {
    test(`keeps its structure with the name ${JSON.stringify(name.slice(0, 40))} (${id.slice(0, 8)})`, () => {
      const html = htmlOf(namedBy(name));

      assert.deepEqual(structureOf(html), harmless);
      assert.doesNotMatch(html, /<img|<!--|<h1>owned|<a\b|href/i);
      assert.doesNotMatch(html, /[^\P{Cc}\n]|\p{Cf}/u);
    });
  }

  test('keeps its structure with a hostile type and organisation', () => {
    const evil = '"><script>alert(1)</script>';
    const groups = [{ kind: 'token-type-unknown', turn: 'opened', severity: 'medium', type: evil }] as const;
    const tokensByType = [{ type: evil, count: 1 }];

    const content = runContent(sampleReport(groups, { tokensByType }), { ...context, organizationName: evil });
    const expected = runContent(sampleReport([{ ...groups[0], type: 'service' }]), context);

    assert.deepEqual(structureOf(renderHtml(content)), structureOf(renderHtml(expected)));
  });

  test('closes every element that it opens', () => {
    const open: string[] = [];
    for (const tag of structureOf(htmlOf(namedBy('harmless')))) {
      const name = /^<\/?([a-z][a-z0-9]*)/.exec(tag)?.[1];
      if (name === undefined || ['meta', 'br'].includes(name)) continue;
      if (tag.startsWith('</')) assert.equal(name, open.pop());
      else open.push(name);
    }

    assert.deepEqual(open, []);
  });

  test('loads nothing from elsewhere', () => {
    assert.doesNotMatch(htmlOf(namedBy('harmless')), /src=|url\(|@import|<link|<script/i);
  });

  test('shows special characters of a name as they are', () => {
    const html = htmlOf(sampleReport([{ kind: 'token-created', severity: 'high', names: [`<b> & "it's"`] }]));

    assert.match(html, /<strong>&quot;&lt;b&gt; &amp; &quot;it&#39;s&quot;&quot;<\/strong>/);
  });

  test('leaves out rows that are not at hand, and tells how many of them there are', () => {
    const html = htmlOf(sampleReport([{ kind: 'token-created', severity: 'high', names: ['a', 'b'], count: 120 }]));

    assert.match(html, /New token \(120\)<\/h2>/);
    assert.match(html, /… and 118 more: <code>omni-token-audit findings --run 12<\/code>/);
  });

  for (const [what, name] of [
    ['long', 'x'.repeat(5000)],
    ['unseen', '\u202e'.repeat(5000)],
    ['escaped', '"'.repeat(5000)],
  ] as const) {
    test(`has counts that add up with fifty ${what} names in each group`, () => {
      const groups = everyGroup(name, 1000);

      const html = htmlOf(sampleReport(groups));

      const shown = html.match(/<strong>&quot;/g)?.length ?? 0;
      const leftOut = [...html.matchAll(/… and (\d+) more:/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      assert.ok(shown > 0);
      assert.equal(shown + leftOut, groups.length * 1000);
    });

    test(`stays under 100 KB with fifty ${what} names in each of several groups`, () => {
      const html = htmlOf(sampleReport(everyGroup(name, 1000).slice(0, 8)));

      assert.ok(Buffer.byteLength(html) < mailLimitBytes, `${Buffer.byteLength(html)} bytes`);
    });

    test(`stays under 100 KB with fifty ${what} names in every group that there is`, () => {
      const html = htmlOf(sampleReport(everyGroup(name, 1000)));

      assert.ok(Buffer.byteLength(html) < mailLimitBytes, `${Buffer.byteLength(html)} bytes`);
    });
  }

  test('stays under 100 KB when the tokens are of thousands of types', () => {
    const tokensByType = Array.from({ length: 5000 }, (_, index) => ({ type: `kind-${index}`, count: 1 }));

    const html = htmlOf(sampleReport([], { tokensByType }));

    assert.ok(Buffer.byteLength(html) < mailLimitBytes, `${Buffer.byteLength(html)} bytes`);
  });
});
