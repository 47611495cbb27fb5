import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MailPicture } from '../../src/digest/content/mail-content.ts';
import { renderPicture } from '../../src/digest/render/html-picture.ts';
import { percent } from '../../src/digest/render/picture-scale.ts';
import { renderTextPicture } from '../../src/digest/render/text-picture.ts';
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

/** Lines of the text part without their title, and how long the bar of each is. */
function linesOf(picture: MailPicture): { line: string; bar: number }[] {
  const [title, ...lines] = renderTextPicture(picture, 78).split('\n');
  assert.equal(title, picture.title);
  return lines.map((line) => ({ line, bar: /#*$/.exec(line)?.[0].length ?? 0 }));
}

const counts = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat()), { minLength: 1, maxLength: 9 });

describe('per cent', () => {
  test('are whole, and at least one of what is there at all', () => {
    assert.deepEqual(
      [percent(0, 10), percent(1, 100_000), percent(1, 3), percent(2, 3), percent(5, 5), percent(0, 0)],
      [0, 1, 33, 67, 100, 0],
    );
  });
});

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
          assert.match(lines[index]?.line ?? '', new RegExp(`^ {2}part ${index} +${count}( |$)`));
        }
      }),
    );
  });

  test('have bars of characters as long as they count, all within a line, numbers under numbers', () => {
    assert.deepEqual(
      linesOf(parts(50, 30, 20)).map(({ bar }) => bar),
      [15, 9, 6],
    );
    const lines = linesOf(parts(9, 1000, 0, 123_456));
    assert.equal(new Set(lines.map(({ line }) => /^ {2}part \d +\d+/.exec(line)?.[0].length)).size, 1);
    for (const { line } of lines) assert.ok(line.length <= 78, line);
  });

  test('keep a sliver in the text part too', () => {
    assert.deepEqual(
      linesOf(parts(1_000_000, 1, 0)).map(({ bar }) => bar > 0),
      [true, true, false],
    );
  });

  test('have labels of any length cut so that the numbers stay in line', () => {
    const labels = ['short', 'a'.repeat(100)];
    const picture: MailPicture = { kind: 'parts', title: 'Parts', parts: labels.map((label) => ({ label, count: 7 })) };

    const lines = linesOf(picture).map(({ line }) => line);

    assert.equal(new Set(lines.map((line) => line.indexOf(' 7 '))).size, 1);
    for (const line of lines) assert.ok(line.length <= 78, line);
  });

  test('have labels in which no character is cut in two', () => {
    const label = `"${'a'.repeat(22)}🔑🔑🔑"`;
    const picture: MailPicture = { kind: 'parts', title: 'Parts', parts: [{ label, count: 7 }] };

    const line = linesOf(picture)[0]?.line ?? '';

    assert.match(line, / 7 {2}#{30}$/);
    assert.ok(line.length <= 78);
    assert.ok(line.isWellFormed());
    assert.match(readableText(renderPicture(picture).source), /🔑🔑🔑" 7 \(100 %\)/);
  });
});

describe('a series of weeks', () => {
  const weeks = series([150, 9], [200, 0], [214, 3]);

  test('has a row for each week with its numbers as text, oldest first, in both parts of the mail', () => {
    const rows = [...renderPicture(weeks).source.matchAll(/<th scope="row"[\s\S]*?(?=<th scope="row"|$)/g)].map(
      ([row]) => readableText(row.replaceAll('</t', ' </t')).trim().split(/\s+/),
    );
    const lines = linesOf(weeks).map(({ line }) => line.replaceAll('#', '').trim().split(/\s+/));

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
    assert.match(linesOf(weeks)[0]?.line ?? '', /^ {2}Week of +Tokens +Open$/);
  });

  test('draws each number by the highest of its own column, and nothing for none', () => {
    assert.deepEqual(widthsOf(weeks), [70, 100, 93, 100, 33]);
    assert.deepEqual(widthsOf(series([0, 0])), []);
  });

  test('draws bars of characters by the highest of their own column, nothing for none, all within a line', () => {
    const bars = linesOf(series([107, 0], [214, 1], [1, 1000])).map(({ line }) =>
      [...line.matchAll(/ (\d+) *(#*)/g)].slice(-2).map(([, , bar = '']) => bar.length),
    );
    const lines = linesOf(series([107, 1], [1_234_567, 1_234_567]));

    const [, first = [], second = [], third = []] = bars;
    const [longest = 0, , maxOpen = 0] = [...second, ...third.slice(1)];
    assert.ok(longest >= 10, 'a bar is too short to be compared');
    assert.equal(maxOpen, longest);
    assert.deepEqual(
      [first, second, third],
      [
        [Math.round(longest / 2), 0],
        [longest, 1],
        [1, maxOpen],
      ],
    );
    for (const { line } of lines) assert.ok(line.length <= 78, line);
  });

  test('of no week at all is its headings', () => {
    assert.equal(linesOf(series()).length, 1);
    assert.match(linesOf(series())[0]?.line ?? '', /^ +Week of +Tokens +Open$/);
    assert.doesNotMatch(renderPicture(series()).source + renderTextPicture(series(), 78), /NaN|Infinity|undefined/);
  });
});
