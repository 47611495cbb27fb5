// Writes one mail of each kind, as text, to docs/mails/: what readers get, kept where a change of it is seen.
import { writeFileSync } from 'node:fs';
import { renderMail } from '../src/digest/render/render-mail.ts';
import { sampleMails } from './sample-contents.ts';

for (const [name, content] of Object.entries(sampleMails)) {
  const { subject, text } = renderMail(content);
  writeFileSync(new URL(`../docs/mails/${name}.txt`, import.meta.url), `Subject: ${subject}\n\n${text}`);
}
