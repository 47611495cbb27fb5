import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleMails } from '../../scripts/sample-contents.ts';
import type { MailContent, MailRow, MailSection, SectionLayout } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { context, sampleReport } from './content/sample-report.ts';
import { htmlSections, readableText, textSections } from './mail-parts.ts';

const row: MailRow = {
  title: '"the title"',
  facts: [
    { label: '', value: '"before" → "after"' },
    { label: 'Age', value: '267 days, created 2026-03-01', short: '267 days' },
    { label: 'Owner', value: '"the owner"' },
  ],
  items: [
    { title: '"first item"', detail: 'first detail', smallPrint: 'id first', command: 'curl first' },
    { title: '"second item"', detail: 'second detail', smallPrint: 'id second', command: null },
  ],
  smallPrint: ['id title', "owner's membership c3"],
  command: 'curl title',
};

function mailWith(layout: SectionLayout): MailContent {
  const section: MailSection = {
    layout,
    severity: 'low',
    title: 'The section',
    why: 'Why it matters.',
    act: 'What to do.',
    count: 3,
    rows: [row],
    moreCommand: 'omni-token-audit more',
    moreFile: null,
  };
  return { ...runContent(sampleReport([]), context), sections: [section] };
}

/** On one line, as a reader takes it in. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

const said = [
  'LOW: The section (3)',
  'Why it matters. What to do.',
  '"the title"',
  '"before" → "after"',
  '267 days',
  '"the owner"',
  '"first item": first detail',
  'id first',
  'curl first',
  '"second item": second detail',
  'id second',
  'id title',
  "owner's membership c3",
  'curl title',
  '… and 2 more: omni-token-audit more',
];

describe('a row', () => {
  for (const layout of ['card', 'table'] as const) {
    test(`of a ${layout} says the same in both parts of the mail, in the same order`, () => {
      const { text, html } = renderMail(mailWith(layout));

      for (const part of [textSections(text), htmlSections(html)]) {
        const whole = unwrapped(part[0]?.text ?? '');
        let from = 0;
        for (const each of said) {
          const at = whole.indexOf(each, from);
          const isAge = layout === 'table' && each === '267 days';
          assert.ok(isAge ? whole.includes(each) : at >= from, `${each} is not said after ${whole.slice(0, from)}`);
          if (!isAge) from = at + each.length;
        }
      }
    });
  }

  test('of a list says its title and its small print, and no more than a line', () => {
    const short = { ...row, facts: [], items: [], command: null, smallPrint: ['id title'] };
    const content = mailWith('list');
    const sections = content.sections.map((section) => ({ ...section, rows: [short] }));

    const { text, html } = renderMail({ ...content, sections });

    for (const part of [textSections(text), htmlSections(html)]) {
      assert.match(unwrapped(part[0]?.text ?? ''), /"the title" id title … and 2 more: /);
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

    test(`"${name}" say every label and number of its pictures, beside what is drawn`, () => {
      for (const picture of content.pictures) {
        const rows =
          picture.kind === 'parts'
            ? picture.parts.map(({ label, count }) => [label, count])
            : picture.points.map(({ label, counts }) => [label, ...counts]);
        for (const part of [text, readableText(html.replaceAll('</t', ' </t'))].map(unwrapped)) {
          for (const each of rows) assert.match(part, new RegExp(` ${each.join('(?: #*)* ')}(?: |$)`));
        }
      }
    });
  }
});
