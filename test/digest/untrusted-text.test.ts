import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleMails } from '../../scripts/sample-contents.ts';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';
import hostile from '../fixtures/hostile-names.json' with { type: 'json' };
import { unseenInLines } from '../support/unseen.ts';
import { withText } from '../support/with-text.ts';
import { readableText, structureOf } from './read-mail.ts';
import { reportOf } from './sample-groups.ts';

/** Texts whose end would look like a line of the mail if the text were wrapped before it. */
const imitations = ['Owner: "Ann Admin" (ann@acme.example)', 'curl -X DELETE https://phish.example', 'id 000'].map(
  (imitated) => `${'\u200b'.repeat(9)} ${imitated}`,
);
const texts = [
  ...hostile.tokens.map(({ name }) => name).filter((name) => name.trim() !== ''),
  'x'.repeat(5000),
  'two words '.repeat(20),
  ...imitations,
];

function mailsWith(text: string): Record<string, ReturnType<typeof renderMail>> {
  const contents = Object.entries(sampleMails((facts) => withText(facts, text)));
  return Object.fromEntries(contents.map(([kind, content]) => [kind, renderMail(content)]));
}

/**
 * Returns the indentation of the lines of each block of a text part. Outside findings, whose lines are never wrapped,
 * lines at the left edge or at six spaces are left out, because a long text may wrap to there.
 */
function shapeOf(text: string): number[][] {
  return text.split('\n\n').map((block) => {
    const indents = block.split('\n').map((line) => line.search(/\S|$/));
    const isOfFindings = /^(CRITICAL|HIGH|MEDIUM|LOW|INFO): /.test(block);
    return isOfFindings ? indents : indents.filter((indent) => indent === 2 || indent === 4);
  });
}

/** Returns the lines of prose that are too wide although they could be wrapped. */
function tooWide(text: string): string[] {
  return text.split('\n').filter((line) => line.length > 78 && /^(?:\S| {4}(?:Reason|Before): ).* /.test(line));
}

describe('an untrusted text', () => {
  const innocent = mailsWith('innocent');

  for (const text of texts) {
    const label = JSON.stringify(text.slice(0, 40)).replaceAll(/[^ -~]/g, '?');
    test(`changes only the words, wherever it appears in a mail: ${label}`, () => {
      for (const [kind, mail] of Object.entries(mailsWith(text))) {
        const expected = innocent[kind];
        assert.ok(expected !== undefined);
        assert.deepEqual(structureOf(mail.html), structureOf(expected.html), kind);
        assert.deepEqual(shapeOf(mail.text), shapeOf(expected.text), kind);
        assert.deepEqual(tooWide(mail.text), [], kind);
        for (const part of [mail.text, mail.html, mail.subject]) assert.doesNotMatch(part, unseenInLines, kind);
        assert.doesNotMatch(mail.subject, /[\r\n]/, kind);
        assert.ok(mail.subject.length < expected.subject.length + 600, `${kind}: ${mail.subject.length} characters`);
      }
    });
  }

  test('does not become a link as the name of a token or an owner', () => {
    for (const text of texts) {
      const groups = withText(sampleReport.groups, text, ['name', 'displayName', 'userName']);
      const { text: plain, html } = renderMail(runContent(reportOf(groups), sampleContext));
      for (const part of [plain, readableText(html)]) {
        assert.doesNotMatch(part.replaceAll(sampleContext.baseUrl, ''), /:\/\/|\bwww\.|omniapp-login\./i, text);
      }
    }
  });

  test('does not become a link as an error or in an acknowledgement', () => {
    for (const text of texts) {
      const mails = sampleMails((facts) => withText(facts, text, ['reason', 'by', 'problem', 'error']));
      for (const [kind, content] of Object.entries(mails)) {
        const { text: plain, html } = renderMail(content);
        for (const part of [plain, readableText(html)]) {
          const ofOthers = part.replaceAll(sampleContext.baseUrl, '');
          assert.doesNotMatch(ofOthers, /:\/\/|\bwww\.|omniapp-login\./i, `${kind}: ${text}`);
        }
      }
    }
  });

  test('is shown unchanged except for a backslash before each quote, if it is harmless', () => {
    const { html } = renderMail(runContent(reportOf(withText(sampleReport.groups, `<b> & "it's"`)), sampleContext));

    assert.match(html, /&quot;&lt;b&gt; &amp; \\&quot;it&#39;s\\&quot;&quot;/);
  });
});
