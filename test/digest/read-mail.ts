import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { renderMail } from '../../src/digest/render/render-mail.ts';

/** Returns all markup in order, as a parser sees it: tags with their attributes, and comments. */
export function structureOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

/** Returns the text that a reader of the HTML part sees. */
export function readableText(html: string): string {
  return html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replaceAll(/<br>|<\/(?:p|td)>/g, ' ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** Returns the text part on one line. */
export function textOf(content: MailContent): string {
  return onOneLine(renderMail(content).text);
}

export function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
