// Writes one mail of each kind to docs/mails/, as text and as HTML, so that a diff shows what readers will see changed.
import { writeFileSync } from 'node:fs';
import { renderMail } from '../src/digest/render/render-mail.ts';
import { sampleMails } from './sample-contents.ts';

/** What docs/mails/ should contain, by the name of the file. */
export function mailDocuments(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sampleMails()).flatMap(([kind, content]) => {
      const { subject, text, html } = renderMail(content);
      return [
        [`${kind}.txt`, `Subject: ${subject}\n\n${text}`],
        [`${kind}.html`, html],
      ];
    }),
  );
}

if (import.meta.main) {
  for (const [name, document] of Object.entries(mailDocuments())) {
    writeFileSync(new URL(`../docs/mails/${name}`, import.meta.url), document);
  }
}
