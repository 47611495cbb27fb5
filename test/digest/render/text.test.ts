import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleMails } from '../../../scripts/sample-contents.ts';
import { runContent } from '../../../src/digest/content/run-content.ts';
import { renderPart } from '../../../src/digest/render/fit-sections.ts';
import { textPart } from '../../../src/digest/render/text.ts';
import type { RunReport } from '../../../src/history/report.ts';
import { noSeverityCounts } from '../../../src/rules/severity.ts';
import hostile from '../../fixtures/hostile-names.json' with { type: 'json' };
import { unseenInLines } from '../../support/unseen.ts';
import {
  context,
  ended,
  everyGroup,
  heldTokens,
  made,
  type SampleGroup,
  sampleReport,
} from '../content/sample-report.ts';
import { textSections } from '../mail-parts.ts';

const mailLimitBytes = 100_000;

function textOf(report: RunReport): string {
  return renderPart(runContent(report, context), textPart, mailLimitBytes);
}

function ownersGroup(name: string): SampleGroup {
  return {
    kind: 'owner-idle',
    transition: 'opened',
    severity: 'low',
    names: [name],
    tokens: heldTokens(1, { name }),
  };
}

/** Lines that are too long though they could be broken: a name, an id, an address or a command cannot. */
function tooLong(text: string): string[] {
  const broken = (line: string): boolean =>
    !line.trim().includes(' ') || /^ +curl |^ {2}[*…] |^ {4}(?:- "|"|Owner: )/.test(line);
  return text.split('\n').filter((line) => line.length > 78 && !broken(line));
}

/** Names whose second part would begin a line of its own, had they been broken after the first. */
const imitations = ['Owner: "Ann Admin" (ann@acme.example)', 'curl -X DELETE https://phish.example', 'id 000'].map(
  (imitated) => `${'\u200b'.repeat(9)} ${imitated}`,
);

/** The labels that stand where those of facts stand. */
function labelsOf(text: string): string[] {
  return [...text.matchAll(/^ {4}([A-Z][^:\n]*): /gm)].map(([, label]) => label ?? '');
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

1 new; 214 tokens in all.

Changes from 2026-11-22 07:00 UTC to 2026-11-23 07:00 UTC. 200 personal, 14
organization.

MEDIUM: New token (1)
---------------------
A new credential can reach your data and does not expire by itself. Review it
in Omni (https://acme.omniapp.co): Settings › API access. The command with a
personal token deletes it too.
  * "a⟨U+000A⟩b"
    personal token, 267 days old, created 2026-03-01
    Owner: "Jane Doe" (jane@acme.example)
    id 6513270e-269e-4d37-b2a7-000000000000
    owner's membership c3
    curl -X DELETE -H "Authorization: Bearer $OMNI_API_TOKEN" https://acme.omniapp.co/api/v1/api-keys/6513270e-269e-4d37-b2a7-000000000000

--
omni-token-audit, audit 12 of https://acme.omniapp.co
Full list: omni-token-audit findings --run 12
`,
    );
  });

  for (const [name, content] of Object.entries(sampleMails)) {
    test(`of the mail "${name}" has no line over 78 columns but commands, and no unseen character`, () => {
      const text = renderPart(content, textPart, mailLimitBytes);

      assert.deepEqual(tooLong(text), []);
      assert.doesNotMatch(text, unseenInLines);
    });
  }

  test('has no line over 78 columns but those of names, ids, addresses and commands', () => {
    const blind = {
      problem: 'listing users was answered with 503',
      hint: 'Omni is failing; the next audit tries again',
    };
    for (const name of ['x', 'x'.repeat(5000), 'two words '.repeat(20), ...hostile.tokens.map((token) => token.name)]) {
      const report = sampleReport(everyGroup(name, 1_234_567), {
        rejudgedCount: 7,
        openBySeverity: { ...noSeverityCounts(), low: 9 },
        acknowledgements: [made({ reason: name }), ended({ because: 'revoked', by: name })],
        ownersProblem: blind,
        breaker: 'confirmed',
      });

      assert.deepEqual(tooLong(textOf({ ...report, run: { ...report.run, surplus: 3 } })), []);
    }
  });

  test('indents the next line of a long reason more than the first', () => {
    const acknowledgements = [made({ reason: 'word '.repeat(90).trim() })];

    assert.match(textOf(sampleReport([], { acknowledgements })), /^ {4}Reason: word.*\n {6}word/m);
  });

  test('indents what belongs to a row more than the row, and a token of an owner more than the owner', () => {
    const [section] = textSections(
      textOf(
        sampleReport([{ kind: 'owner-missing', transition: 'opened', severity: 'critical', tokens: heldTokens(2) }]),
      ),
    );

    assert.deepEqual(
      section?.text.split('\n').flatMap((line) => /^ +(?=\S)/.exec(line)?.[0].length ?? []),
      [2, 4, 4, 4, 6, 6, 6, 4, 6, 6, 6],
    );
  });

  test('lets no hostile name begin a line, or break one', () => {
    const names = hostile.tokens.map(({ name }) => name);
    const harmless = names.map(() => 'harmless');
    const textWith = (chosen: string[]): string =>
      textOf(
        sampleReport(
          [{ kind: 'token-renamed', severity: 'low', names: chosen }, ...chosen.map((name) => ownersGroup(name))],
          { acknowledgements: chosen.map((name) => made({ by: name, reason: name })) },
        ),
      );
    const notIndented = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('    '));
    const skeleton = (text: string): string[] => notIndented(text).map((line) => line.replace(/^( {2}\*).*/, '$1'));

    const text = textWith(names);

    assert.deepEqual(skeleton(text), skeleton(textWith(harmless)));
    assert.doesNotMatch(text, unseenInLines);
  });

  test('lets no long name of a token imitate a line of its own', () => {
    for (const imitated of imitations) {
      const text = textOf(sampleReport([{ kind: 'token-created', severity: 'high', names: [imitated] }]));

      assert.deepEqual(labelsOf(text), []);
      assert.doesNotMatch(text, /^ +curl/m);
    }
  });

  test('lets no long name in a change imitate a line of its own', () => {
    for (const imitated of imitations) {
      const text = textOf(sampleReport([{ kind: 'token-renamed', severity: 'low', names: [imitated] }]));

      assert.deepEqual(labelsOf(text), []);
      assert.doesNotMatch(text, /^ +curl/m);
    }
  });

  test('lets no long name of a token that an owner holds imitate a line of its own', () => {
    for (const imitated of imitations) {
      const group = { ...ownersGroup('Jane'), tokens: heldTokens(1, { name: imitated, type: 'service' }) };

      assert.doesNotMatch(textOf(sampleReport([group])), /^ +(curl|id 0)/m);
    }
  });

  test('keeps the bullet with its name, however long', () => {
    const text = textOf(sampleReport([{ kind: 'token-created', severity: 'high', names: ['x'.repeat(80)] }]));

    assert.match(text, /^ {2}\* "x{80}"$/m);
  });

  test('breaks the line before the command that lists the rest, where a file stands before it', () => {
    const report = sampleReport([{ kind: 'token-created', severity: 'high', count: 120 }]);

    const text = renderPart(runContent(report, { ...context, hasAttachments: true }), textPart, mailLimitBytes);

    const [more = ''] = /^ {2}… .*$/m.exec(text) ?? [];
    assert.match(more, /findings\.csv/);
    assert.ok(more.length <= 78, more);
  });

  test('leaves out rows that do not fit, and tells how many of them there are', () => {
    const text = textOf(sampleReport([{ kind: 'token-created', severity: 'high', names: ['a', 'b'], count: 120 }]));

    assert.match(text, /HIGH: New token \(120\)/);
    assert.match(text, /\n {2}… and 118 more: omni-token-audit findings --run 12\n/);
  });
});
