import { type MailContent, type MailRow, type MailSection, sectionHeading } from '../content/mail-content.ts';
import type { FittedSection, PartRenderer } from './fit-sections.ts';
import {
  code,
  font,
  html,
  ink,
  lineColour,
  Markup,
  pageColour,
  paperColour,
  severityClass,
  severityColour,
  small,
  styleSheet,
} from './markup.ts';

/**
 * The HTML part: tables and inline styles, which is what Outlook knows; a style sheet only for dark
 * pages, since Gmail may strip it. No remote content.
 */
export const htmlPart: PartRenderer = { renderFrame, renderRow, renderPage };

function renderPage(content: MailContent, sections: readonly FittedSection[]): string {
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
${content.notes.map((note) => html`<p class="ink" style="margin:16px 0 0"><strong>Note:</strong> ${note}</p>`)}
<p class="muted line" style="margin:24px 0 0;padding-top:12px;border-top:1px solid ${lineColour};${small}">${content.footer}${content.moreCommand === null ? '' : html`<br>Full list: <code class="muted" style="${code}">${content.moreCommand}</code>`}</p>
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
${rows.map((row) => new Markup(row))}
${more === null ? '' : html`<p class="ink" style="margin:8px 0 0">${more}${commandLine(section.moreCommand)}</p>`}
`;
}

/** Heading and introduction of a section. */
function renderFrame(section: MailSection): string {
  const { severity, intro } = section;
  const { label, text } = sectionHeading(section);
  return html`<h2 class="ink" style="margin:24px 0 4px;${font};font-size:16px;line-height:1.3"><span class="${severityClass(severity)}" style="color:${severityColour(severity)}">${label}</span>${text}</h2>
${intro === '' ? '' : html`<p class="ink" style="margin:0 0 8px">${intro}</p>`}`.source;
}

/** A card with an edge in the colour of its section. */
function renderRow(row: MailRow, { severity }: MailSection): string {
  const edge = severityColour(severity);
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 8px;table-layout:fixed"><tr><td class="card ink ${severityClass(severity)}-edge" style="padding:8px 12px;background:#f8f9fb;border-left:4px solid ${edge};${ink}">
<h3 style="margin:0;${font};font-size:15px;line-height:1.4">${row.title}</h3>
${particulars(row)}${row.items.map(renderItem)}</td></tr></table>
`.source;
}

function renderItem(item: MailRow): Markup {
  return html`<p class="line" style="margin:6px 0 0;padding:6px 0 0;border-top:1px solid ${lineColour}"><strong>${item.title}</strong></p>
${particulars(item)}`;
}

/** Everything that a row says below its title. */
function particulars({ facts, prose, smallPrint, command }: MailRow): Markup {
  return html`<p style="margin:0">${[...facts, ...prose].map((line) => html`${line}<br>\n`)}${smallPrint.map(
    (line) => html`<span class="muted" style="${small}">${line}</span><br>\n`,
  )}${command === null ? '' : commandLine(command)}</p>
`;
}

function commandLine(command: string): Markup {
  return html`<code class="muted" style="${code}">${command}</code>`;
}
