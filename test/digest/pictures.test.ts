import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type MailPicture, mailFrame } from '../../src/digest/content/mail-content.ts';
import { renderPicture } from '../../src/digest/render/html-picture.ts';
import { renderPart } from '../../src/digest/render/render-mail.ts';
import { textPart } from '../../src/digest/render/text.ts';
import { context } from './content/sample-report.ts';
import { readableText } from './mail-parts.ts';

function parts(...counts: number[]): MailPicture {
  return { kind: 'parts', title: 'Parts', parts: counts.map((count, index) => ({ label: `part ${index}`, count })) };
}

function series(...points: [tokens: number, open: number][]): MailPicture {
  return {
    kind: 'series',
    title: 'Weeks',
    columns: ['Tokens', 'Open'],
    points: points.map((counts, index) => ({ label: `2026-10-0${index + 1}`, counts })),
  };
}

/** Per cent of the cells that are drawn, in their order; what is drawn says nothing to a screen reader. */
function widthsOf(picture: MailPicture): number[] {
  const drawn = renderPicture(picture).source.match(/<table[^>]*aria-hidden="true"[\s\S]*?<\/table>/g) ?? [];
  return drawn.flatMap((table) => [...table.matchAll(/<td width="(\d+)%"/g)].map(([, width]) => Number(width)));
}

/** The lines below its title in the text part. */
function linesOf(picture: MailPicture): string[] {
  const content = { ...mailFrame(context, null), subject: '', lead: '', pictures: [picture] };
  const paragraphs = renderPart(content, textPart, 10_000).split('\n\n');
  const [title, ...lines] = paragraphs[1]?.split('\n') ?? [];
  assert.equal(title, picture.title);
  return lines;
}

const counts = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat()), { minLength: 1, maxLength: 9 });

describe('parts of a whole', () => {
  test('are drawn as wide as they count, and leave out what is not there', () => {
    assert.deepEqual(widthsOf(parts(50, 30, 20)), [50, 30, 20]);
    assert.deepEqual(widthsOf(parts(3, 0, 1)), [75, 25]);
    assert.deepEqual(widthsOf(parts(0, 0)), []);
    assert.deepEqual(widthsOf(parts()), []);
  });

  test('keep a sliver that is there, and have widths that sum up to about the whole', () => {
    assert.equal(widthsOf(parts(1_000_000, 1)).length, 2);
    fc.assert(
      fc.property(counts, (all) => {
        const widths = widthsOf(parts(...all));

        assert.equal(widths.length, all.filter((count) => count > 0).length);
        assert.ok(widths.every((width) => width >= 1 && width <= 100));
        const sum = widths.reduce((total, width) => total + width, 0);
        assert.ok(widths.length === 0 || Math.abs(sum - 100) <= widths.length, `${widths} sum up to ${sum}`);
      }),
    );
  });

  test('say every label and number as text, in both parts of the mail', () => {
    fc.assert(
      fc.property(counts, (all) => {
        const picture = parts(...all);
        const html = readableText(renderPicture(picture).source);
        const lines = linesOf(picture);

        assert.equal(lines.length, all.length);
        for (const [index, count] of all.entries()) {
          assert.match(html, new RegExp(`part ${index} ${count} \\(`));
          assert.match(lines[index] ?? '', new RegExp(`^ {2}part ${index} +${count}$`));
        }
      }),
    );
  });

  test('are a list in the text part, numbers under numbers however long a label is', () => {
    const labels: [label: string, count: number][] = [
      ['short', 9],
      ['a'.repeat(29), 123_456],
      [`"${'a'.repeat(40)}"`, 7],
    ];
    const picture: MailPicture = {
      kind: 'parts',
      title: 'Parts',
      parts: labels.map(([label, count]) => ({ label, count })),
    };

    assert.deepEqual(linesOf(picture), [
      `  short${' '.repeat(25)}       9`,
      `  ${'a'.repeat(29)}   123456`,
      `  "${'a'.repeat(40)}"       7`,
    ]);
  });
});

describe('a series of weeks', () => {
  const weeks = series([150, 9], [200, 0], [214, 3]);

  test('has a row for each week with its numbers as text, oldest first, in both parts of the mail', () => {
    const rows = [...renderPicture(weeks).source.matchAll(/<th scope="row"[\s\S]*?(?=<th scope="row"|$)/g)].map(
      ([row]) => readableText(row.replaceAll('</t', ' </t')).trim().split(/\s+/),
    );
    const lines = linesOf(weeks).map((line) => line.trim().split(/\s+/));

    const expected = [
      ['2026-10-01', '150', '9'],
      ['2026-10-02', '200', '0'],
      ['2026-10-03', '214', '3'],
    ];
    assert.deepEqual(rows, expected);
    assert.deepEqual(lines.slice(1), expected);
  });

  test('names its columns, in both parts of the mail', () => {
    const headings = [...renderPicture(weeks).source.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(
      ([, name]) => name,
    );

    assert.deepEqual(headings, ['Week of', 'Tokens', 'Open']);
    assert.match(linesOf(weeks)[0] ?? '', /^ {2}Week of +Tokens +Open$/);
  });

  test('draws each number by the highest of its own column, and nothing for none', () => {
    assert.deepEqual(widthsOf(weeks), [70, 100, 93, 100, 33]);
    assert.deepEqual(widthsOf(series([0, 0])), []);
  });

  test('of no week at all is its headings', () => {
    assert.equal(linesOf(series()).length, 1);
    assert.match(linesOf(series())[0] ?? '', /^ +Week of +Tokens +Open$/);
    assert.doesNotMatch(renderPicture(series()).source + linesOf(series()).join(), /NaN|Infinity|undefined/);
  });
});
