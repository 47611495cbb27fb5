import { commands } from '../../../src/cli/registry.ts';
import { noAbort } from '../../support/no-abort.ts';
import type { Unattended } from '../../support/unattended.ts';
import { parseMail } from '../../support/world.ts';

const looks = [
  ['tokens', '--format', 'json'],
  ['tokens', '--format', 'csv'],
  ['tokens'],
  ['findings', '--format', 'json'],
  ['findings', '--open'],
  ['runs'],
  ['status'],
  ['status', '--format', 'json'],
  ['preview'],
];

/** All that a person could read after these audits, by where it stands. */
export async function allTexts({ world, app }: Unattended): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const [name = '', ...args] of looks) {
    const { run } = (await commands[name]?.load()) ?? {};
    let printed = '';
    await run?.(args, {
      env: world.env,
      app: async () => app,
      width: null,
      terminal: null,
      signal: noAbort,
      print(text) {
        printed += text;
      },
      async printAll(parts) {
        for (const part of parts) printed += part;
      },
    });
    texts.set([name, ...args].join(' '), printed);
  }
  for (const [index, raw] of world.inbox.mails.entries()) {
    const { subject = '', text = '', html, attachments } = await parseMail(raw);
    texts.set(`mail ${index} as text`, `${subject}\n${text}`);
    // What a reader sees of it: colours and sizes may hold a minus.
    texts.set(`mail ${index} as HTML`, String(html).replaceAll(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' '));
    for (const { filename = '', content } of attachments) texts.set(`${filename} of mail ${index}`, content.toString());
  }
  return texts;
}

/** Numbers below zero, each with its surroundings; a minus within a date, an id or a word is none. */
export function negativesIn(texts: Map<string, string>): string[] {
  return [...texts].flatMap(([where, text]) =>
    [...text.matchAll(/(?<![\w.:+-])[-−]\d|NaN|Invalid Date/g)].map(
      ({ index }) => `${where}: …${text.slice(Math.max(0, index - 40), index + 20)}…`,
    ),
  );
}
