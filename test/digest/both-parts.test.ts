import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleMails } from '../../scripts/sample-contents.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import { onOneLine, readableText, structureOf } from './read-mail.ts';

/** Returns the words of a text part, without bullets and lines of dashes. */
function wordsOf(text: string): string {
  return onOneLine(text.replaceAll(/^[-=]{2,}$|^ *[*-] /gm, '')).toLowerCase();
}

for (const [kind, content] of Object.entries(sampleMails())) {
  describe(`the ${kind} mail`, () => {
    const { text, html } = renderMail(content);

    test('says the same in both parts, in the same order', () => {
      assert.equal(onOneLine(readableText(html)).toLowerCase(), wordsOf(text));
    });

    test('is well-formed HTML in English that loads, links and runs nothing', () => {
      const open: string[] = [];
      for (const tag of structureOf(html)) {
        const element = /^<\/?([a-z][a-z0-9]*)/.exec(tag)?.[1];
        if (element === undefined || ['meta', 'br'].includes(element)) continue;
        if (tag.startsWith('</')) assert.equal(element, open.pop());
        else open.push(element);
      }
      assert.deepEqual(open, []);
      assert.match(html, /^<!DOCTYPE html>\n<html lang="en"/);
      assert.doesNotMatch(html, /\s(src|href|background|on\w+)=|url\(|@import|<(link|script|img|iframe|form|a)\b/i);
    });

    test('has one main heading, no gaps in the levels of its headings, and no table that screen readers announce as data', () => {
      const levels = [...html.matchAll(/<h([1-6])\b/g)].map(([, level]) => Number(level));

      assert.deepEqual([levels[0], levels.filter((level) => level === 1).length], [1, 1]);
      for (const [index, level] of levels.entries()) assert.ok(level <= (levels[index - 1] ?? 0) + 1, `${levels}`);
      for (const table of html.match(/<table[^>]*>/g) ?? []) assert.match(table, / role="presentation"/);
    });
  });
}
