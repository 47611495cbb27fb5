import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleMails } from '../../scripts/sample-contents.ts';
import { type MailRow, type MailSection, plainRow } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { context, sampleReport } from './content/sample-report.ts';
import { htmlSections, readableText, textSections } from './mail-parts.ts';

const row: MailRow = {
  ...plainRow,
  title: '"the title"',
  facts: ['"before" → "after"', '267 days old, created 2026-03-01', 'Owner: "the owner"'],
  prose: ['Reason: it is needed'],
  smallPrint: ['id title', "owner's membership c3"],
  command: 'curl title',
  items: [
    { ...plainRow, title: '"first item"', facts: ['first detail'], smallPrint: ['id first'], command: 'curl first' },
    { ...plainRow, title: '"second item"', facts: ['second detail'], smallPrint: ['id second'] },
  ],
};

const section: MailSection = {
  severity: 'low',
  title: 'The section',
  intro: 'Why it matters. What to do.',
  count: 3,
  rows: [row],
  moreCommand: 'omni-token-audit more',
  moreFile: null,
};

/** On one line, as a reader takes it in. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

const said = [
  'LOW: The section (3)',
  'Why it matters. What to do.',
  '"the title"',
  '"before" → "after"',
  '267 days old, created 2026-03-01',
  'Owner: "the owner"',
  'Reason: it is needed',
  'id title',
  "owner's membership c3",
  'curl title',
  '"first item"',
  'first detail',
  'id first',
  'curl first',
  '"second item"',
  'second detail',
  'id second',
  '… and 2 more: omni-token-audit more',
];

describe('a row', () => {
  test('says the same in both parts of the mail, in the same order', () => {
    const { text, html } = renderMail({ ...runContent(sampleReport([]), context), sections: [section] });

    for (const part of [textSections(text), htmlSections(html)]) {
      const whole = unwrapped(part[0]?.text ?? '');
      let from = 0;
      for (const each of said) {
        const at = whole.indexOf(each, from);
        assert.ok(at >= from, `${each} is not said after ${whole.slice(0, from)}`);
        from = at + each.length;
      }
    }
  });
});

describe('both parts of a mail', () => {
  for (const [name, content] of Object.entries(sampleMails)) {
    const { text, html } = renderMail(content);
    const [plain, readable] = [text, readableText(html)].map(unwrapped);

    test(`"${name}" say its heading, lead, alerts, paragraphs, notes, footer and command`, () => {
      const { heading, lead, alerts, paragraphs, notes, footer, moreCommand } = content;

      for (const each of [heading, lead, ...alerts, ...paragraphs, ...notes, footer, moreCommand ?? '']) {
        assert.ok(plain?.includes(each), `the text part does not say: ${each}`);
        assert.ok(readable?.includes(each), `the HTML part does not say: ${each}`);
      }
    });

    test(`"${name}" have the same sections with the same counts and rows`, () => {
      const shape = (sections: ReturnType<typeof textSections>): unknown[] =>
        sections.map(({ heading, count, rows, leftOut }) => [heading, count, rows, leftOut]);

      assert.deepEqual(shape(textSections(text)), shape(htmlSections(html)));
      assert.deepEqual(
        textSections(text).map(({ count }) => count),
        content.sections.map(({ count }) => count),
      );
    });
  }
});
