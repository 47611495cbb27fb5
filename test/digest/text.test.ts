import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runContent } from '../../src/digest/run-content.ts';
import { renderText } from '../../src/digest/text.ts';
import type { RunReport } from '../../src/domain/run-report.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { context, everyGroup, sampleReport } from './sample-report.ts';

const mailLimitBytes = 100_000;

function textOf(report: RunReport): string {
  return renderText(runContent(report, context));
}

describe('the text part', () => {
  test('reads well alone', () => {
    const text = textOf(
      sampleReport([
        { kind: 'token-created', severity: 'medium', names: ['a\nb'], type: 'personal', membershipId: 'c3' },
      ]),
    );

    assert.equal(
      text,
      `Omni API tokens of Acme
=======================

1 new.

Audit 12 of 2026-11-23 07:00 UTC, compared with audit 11 of 2026-11-22 07:00
UTC.

214 tokens in all: 200 personal, 14 organization.

MEDIUM: New token (1)
---------------------
A new credential can reach your data and does not expire by itself. In Omni
(https://acme.omniapp.co): Settings > API access.
  * "a⟨U+000A⟩b"
    personal token, created 2026-03-01 (267 days old)
    id 6513270e-269e-4d37-b2a7-000000000000
    owner's membership c3

--
omni-token-audit, audit 12 of https://acme.omniapp.co
All of it: omni-token-audit findings --run 12
`,
    );
  });

  test('has no line over 78 columns but those of names, ids, addresses and commands', () => {
    const report = sampleReport(everyGroup('x', 1_234_567), { rejudgedCount: 7, subjectsStanding: 9 });
    const text = textOf({ ...report, run: { ...report.run, surplus: 3 } });

    const tooLong = text.split('\n').filter((line) => line.length > 78);

    assert.deepEqual(
      tooLong.filter((line) => !/^ {4}curl |^ {2}\* "|https:\/\//.test(line)),
      [],
    );
  });

  test('lets no hostile name begin a line, or break one', () => {
    const names = hostile.tokens.map(({ name }) => name);
    const harmless = names.map(() => 'harmless');
    const textWith = (chosen: string[]): string =>
      textOf(sampleReport([{ kind: 'token-renamed', severity: 'low', names: chosen }]));
    const notIndented = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('    '));
    const skeleton = (text: string): string[] => notIndented(text).map((line) => line.replace(/^( {2}\* ").*/, '$1'));

    const text = textWith(names);

    assert.deepEqual(skeleton(text), skeleton(textWith(harmless)));
    assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Cf}/u);
  });

  test('leaves out rows that do not fit, and tells how many of them there are', () => {
    const text = textOf(sampleReport([{ kind: 'token-created', severity: 'high', names: ['a', 'b'], count: 120 }]));

    assert.match(text, /HIGH: New token \(120\)/);
    assert.match(text, /\n {2}… and 118 more: omni-token-audit findings --run 12\n/);
  });

  for (const [what, name] of [
    ['long', 'x'.repeat(5000)],
    ['unseen', '\u202e'.repeat(5000)],
    ['wide', '漢'.repeat(5000)],
  ] as const) {
    test(`stays under 100 KB with fifty ${what} names in each group, and its counts add up`, () => {
      const groups = everyGroup(name, 1000);

      const text = textOf(sampleReport(groups));

      assert.ok(Buffer.byteLength(text) < mailLimitBytes, `${Buffer.byteLength(text)} bytes`);
      const shown = text.match(/^ {2}\* /gm)?.length ?? 0;
      const leftOut = [...text.matchAll(/… and (\d+) more:/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      assert.equal(shown + leftOut, groups.length * 1000);
    });
  }
});
