import type { MailContent } from '../content/mail-content.ts';
import { type FittedSection, fitSections } from './budget.ts';
import { renderPicture } from './html-picture.ts';
import { renderFrame, renderRow, wrapRows } from './html-section.ts';
import { code, font, ink, lineColour, pageColour, paperColour, small, styleSheet } from './html-style.ts';
import { html, Markup } from './markup.ts';

/**
 * The HTML part: tables and inline styles, which is what Outlook knows; a style sheet only for dark
 * pages, since Gmail may strip it. No remote content.
 */
export function renderHtml(content: MailContent, maxBytes: number): string {
  const frameBytes = Buffer.byteLength(page(content, []));
  const fitted = fitSections(content.sections, maxBytes - frameBytes, { renderFrame, renderRow });
  return page(content, fitted);
}

function page(content: MailContent, sections: readonly FittedSection[]): string {
  return html`<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${content.heading}</title>
<style>
${new Markup(styleSheet)}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:${pageColour}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="page" style="background:${pageColour}"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="paper" style="max-width:640px;table-layout:fixed;background:${paperColour};border:1px solid ${lineColour}"><tr><td role="main" class="ink" style="padding:20px 16px;${ink}">
<h1 class="ink" style="margin:0 0 8px;${font};font-size:20px;line-height:1.3">${content.heading}</h1>
${content.lead === '' ? '' : html`<p class="ink" style="margin:0 0 12px;font-size:16px;line-height:1.4"><strong>${content.lead}</strong></p>`}
${content.alerts.map(alert)}
${content.paragraphs.map((paragraph) => html`<p class="ink" style="margin:0 0 12px">${paragraph}</p>`)}
${sections.map(renderSection)}
${content.pictures.map(renderPicture)}
${content.notes.map((note) => html`<p class="ink" style="margin:16px 0 0"><strong>Note:</strong> ${note}</p>`)}
<p class="muted line" style="margin:24px 0 0;padding-top:12px;border-top:1px solid ${lineColour};${small}">${content.footer}${content.moreCommand === null ? '' : html`<br>All of it: <code class="muted" style="${code}">${content.moreCommand}</code>`}</p>
</td></tr></table>
</td></tr></table>
</body>
</html>
`.source;
}

/** A framed paragraph that says in its first word what it is. */
function alert(text: string): Markup {
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 12px"><tr><td class="alert ink" style="padding:10px 12px;background:#fff4d6;border-left:4px solid #7a5200;${ink}"><strong>Attention:</strong> ${text}</td></tr></table>`;
}

function renderSection({ section, frame, rows, more }: FittedSection): Markup {
  return html`${new Markup(frame)}
${
  rows.length === 0
    ? ''
    : wrapRows(
        section,
        rows.map((row) => new Markup(row)),
      )
}
${more === null ? '' : html`<p class="ink" style="margin:8px 0 0">${more}<code class="muted" style="${code}">${section.moreCommand}</code></p>`}
`;
}
