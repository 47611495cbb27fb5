import assert from 'node:assert/strict';
import type { Unattended } from '../../support/unattended.ts';
import { parseMail } from '../../support/world.ts';
import { runHere } from './run-here.ts';

const queries = [
  'tokens --format json',
  'tokens --format csv',
  'tokens',
  'findings --format json',
  'findings --open',
  'runs',
  'status',
  'status --format json',
  'preview',
];

/** Returns everything that a person can read after some audits, by where it is. */
async function allTexts({ world, app }: Unattended): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const query of queries) {
    const { code, stdout } = await runHere(query, world.env, app);
    assert.equal(code, 0, query);
    texts.set(query, stdout);
  }
  for (const [index, raw] of world.inbox.mails.entries()) {
    const { subject = '', text = '', html, attachments } = await parseMail(raw);
    texts.set(`mail ${index} as text`, `${subject}\n${text}`);
    // Without the markup, because colours and sizes may contain a minus.
    texts.set(`mail ${index} as HTML`, String(html).replaceAll(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' '));
    for (const { filename = '', content } of attachments) texts.set(`${filename} of mail ${index}`, content.toString());
  }
  return texts;
}

/** Returns the negative numbers in these texts, each with its context. A minus in a date, an id or a word does not count. */
export async function negativeNumbers(unattended: Unattended): Promise<string[]> {
  return [...(await allTexts(unattended))].flatMap(([where, text]) =>
    [...text.matchAll(/(?<![\w.:+-])[-−]\d|NaN|Invalid Date/g)].map(
      ({ index }) => `${where}: …${text.slice(Math.max(0, index - 40), index + 20)}…`,
    ),
  );
}
