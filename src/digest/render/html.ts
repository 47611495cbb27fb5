import {
  type MailContent,
  type MailFact,
  type MailItem,
  type MailRow,
  type MailSection,
  reasonAndAct,
} from '../content/mail-content.ts';
import { renderPicture } from './html-picture.ts';
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
import type { FittedSection, PartRenderer } from './render-mail.ts';

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
${content.pictures.map(renderPicture)}
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

/** Heading, reason and instruction of a section. */
function renderFrame(section: MailSection): string {
  const { severity, title, count } = section;
  const label =
    severity === null
      ? ''
      : html`<span class="${severityClass(severity)}" style="color:${severityColour(severity)}">${severity.toUpperCase()}:</span> `;
  const reason = reasonAndAct(section);
  return html`<h2 class="ink" style="margin:24px 0 4px;${font};font-size:16px;line-height:1.3">${label}${title} (${count})</h2>
${reason === '' ? '' : html`<p class="ink" style="margin:0 0 8px">${reason}</p>`}`.source;
}

/** One row of a section, in the section's own layout. */
function renderRow(row: MailRow, section: MailSection): string {
  switch (section.layout) {
    case 'card':
      return card(row, section).source;
    case 'table':
      return tableRow(row).source;
    case 'list':
      return html`<li class="ink" style="margin:0 0 4px;${ink}">${row.title} ${smallPrint(row.smallPrint.join(', '))}</li>
`.source;
    default:
      return section.layout satisfies never;
  }
}

/** The rows of a section in its own layout. */
function wrapRows({ layout }: MailSection, rows: readonly Markup[]): Markup {
  switch (layout) {
    case 'card':
      return html`${rows}`;
    case 'table':
      return html`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;border-collapse:collapse">
<tr>${headCell('What', '')}${headCell('Age', ';width:72px')}</tr>
${rows}</table>`;
    case 'list':
      return html`<ul style="margin:0;padding:0 0 0 20px">
${rows}</ul>`;
    default:
      return layout satisfies never;
  }
}

function card({ title, facts, items, smallPrint: print, command }: MailRow, { severity }: MailSection): Markup {
  const edge = severityColour(severity);
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 10px;table-layout:fixed"><tr><td class="card ${severityClass(severity)}-edge" style="padding:10px 12px;background:#f8f9fb;border-left:4px solid ${edge}">
<h3 class="ink" style="margin:0 0 4px;${font};font-size:15px;line-height:1.4;word-break:break-word;overflow-wrap:anywhere">${title}</h3>
${facts.map(cardFact)}${items.map(item)}${print.map(
  (line) => html`<p class="muted" style="margin:2px 0 0;${small}">${line}</p>
`,
)}${commandLine(command)}</td></tr></table>
`;
}

function cardFact({ label, value }: MailFact): Markup {
  const named = label === '' ? '' : html`<span class="muted" style="color:#4a5568">${label}:</span> `;
  return html`<p class="ink" style="margin:0;${ink}">${named}${value}</p>
`;
}

function item({ title, detail, smallPrint: print, command }: MailItem): Markup {
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:6px 0 0;table-layout:fixed"><tr><td class="line" style="padding:6px 0 0;border-top:1px solid ${lineColour}">
<p class="ink" style="margin:0;${ink}"><strong>${title}</strong>: ${detail}</p>
<p class="muted" style="margin:0;${small}">${print}</p>
${commandLine(command)}</td></tr></table>
`;
}

/** Two columns and no more, so that a phone shows them whole: what it is, and how old. */
function tableRow({ title, facts, items, smallPrint: print, command }: MailRow): Markup {
  const age = facts.find(({ label }) => label === 'Age')?.short ?? '';
  const others = facts.filter(({ label }) => label !== 'Age').map(shortFact);
  return html`<tr><td class="ink line" style="padding:8px 8px 8px 0;border-top:1px solid ${lineColour};vertical-align:top;${ink}"><strong>${title}</strong>${others.length === 0 ? '' : html`<br>${others.join('; ')}`}${items.map((each) => html`<br>${each.title}: ${each.detail}<br>${smallPrint(each.smallPrint)}${inlineCommand(each.command)}`)}${print.map((line) => html`<br>${smallPrint(line)}`)}${inlineCommand(command)}</td><td class="ink line" style="padding:8px 0;border-top:1px solid ${lineColour};vertical-align:top;${ink}">${age}</td></tr>
`;
}

function shortFact({ label, value }: MailFact): string {
  return label === 'Owner' ? `owner ${value}` : value;
}

function headCell(label: string, style: string): Markup {
  return html`<th scope="col" align="left" class="muted" style="padding:4px 8px 4px 0;${small}${style}">${label}</th>`;
}

function smallPrint(text: string): Markup {
  return html`<span class="muted" style="${small}">${text}</span>`;
}

function commandLine(command: string | null): Markup {
  if (command === null) return new Markup('');
  return html`<p class="muted" style="margin:4px 0 0"><code class="muted" style="${code}">${command}</code></p>
`;
}

function inlineCommand(command: string | null): Markup {
  return command === null ? new Markup('') : html`<br><code class="muted" style="${code}">${command}</code>`;
}
