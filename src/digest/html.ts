import type { Severity } from '../domain/severity.ts';
import { type FittedSection, fitSections, reasonAndAct } from './budget.ts';
import type { MailContent, MailRow, MailSection } from './content.ts';
import { html, Markup } from './markup.ts';

/** Dark enough on white for small text (WCAG contrast 4.5:1 and more). */
const severityColours: Record<Severity, string> = {
  critical: '#a11212',
  high: '#a63f00',
  medium: '#7a5200',
  low: '#2f5f8f',
  info: '#4a5568',
};
const plainColour = '#4a5568';
const font = 'font-family:Helvetica,Arial,sans-serif';

/** The HTML part: tables and inline styles only, which is what Outlook knows. No remote content. */
export function renderHtml(content: MailContent): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${content.heading}</title>
</head>
<body style="margin:0;padding:0;background:#f4f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f4f5f7"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid #d9dde3"><tr><td style="padding:20px;${font};font-size:14px;line-height:1.5;color:#1f2933">
<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${content.heading}</h1>
${content.lead === '' ? '' : html`<p style="margin:0 0 12px;font-size:16px"><strong>${content.lead}</strong></p>`}
${content.paragraphs.map((paragraph) => html`<p style="margin:0 0 12px">${paragraph}</p>`)}
${fitSections(content.sections, renderFrame, renderRow).map(renderSection)}
${content.notes.map((note) => html`<p style="margin:16px 0 0"><strong>Note:</strong> ${note}</p>`)}
<p style="margin:24px 0 0;padding-top:12px;border-top:1px solid #d9dde3;font-size:12px;color:#4a5568">${content.footer}${content.moreCommand === null ? '' : html`<br>All of it: <code>${content.moreCommand}</code>`}</p>
</td></tr></table>
</td></tr></table>
</body>
</html>
`.source;
}

function renderFrame(section: MailSection): string {
  const { severity, title, count } = section;
  const label =
    severity === null ? '' : html`<span style="color:${colourOf(section)}">${severity.toUpperCase()}:</span> `;
  return html`<h2 style="margin:24px 0 4px;font-size:16px;line-height:1.3">${label}${title} (${count})</h2>
<p style="margin:0 0 8px">${reasonAndAct(section)}</p>`.source;
}

function renderSection({ section, frame, rows, more }: FittedSection): Markup {
  const table = html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0">${rows.map((row) => new Markup(row))}</table>`;
  return html`${new Markup(frame)}
${rows.length === 0 ? '' : table}
${more === null ? '' : html`<p style="margin:8px 0 0">${more}<code>${section.moreCommand}</code></p>`}
`;
}

function renderRow({ title, lines, smallPrint, command }: MailRow, section: MailSection): string {
  return html`<tr><td style="padding:8px 0 8px 12px;border-left:3px solid ${colourOf(section)};border-bottom:6px solid #ffffff;${font};font-size:14px;line-height:1.4;color:#1f2933;word-break:break-word"><strong>${title}</strong>${lines.map((line) => html`<br>${line}`)}${smallPrint.map((line) => html`<br><span style="font-size:12px;color:#4a5568">${line}</span>`)}${command === null ? '' : html`<br><code style="font-size:12px;word-break:break-all">${command}</code>`}</td></tr>
`.source;
}

function colourOf({ severity }: MailSection): string {
  return severity === null ? plainColour : severityColours[severity];
}
