import type { Severity } from '../domain/severity.ts';
import { capitalised, plural } from '../text/words.ts';
import { ByteBudget, longestBodyBytes } from './budget.ts';
import type { Digest, DigestRow, DigestSection } from './digest.ts';
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
export function renderHtml(digest: Digest): string {
  const budget = new ByteBudget(longestBodyBytes);
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Omni API tokens of ${digest.organizationName}</title>
</head>
<body style="margin:0;padding:0;background:#f4f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f4f5f7"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid #d9dde3"><tr><td style="padding:20px;${font};font-size:14px;line-height:1.5;color:#1f2933">
<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">Omni API tokens of ${digest.organizationName}</h1>
${digest.tally === '' ? '' : html`<p style="margin:0 0 12px;font-size:16px"><strong>${capitalised(digest.tally)}.</strong></p>`}
${digest.paragraphs.map((paragraph) => html`<p style="margin:0 0 12px">${paragraph}</p>`)}
${digest.sections.map((section) => renderSection(section, digest.runId, budget))}
${digest.notes.map((note) => html`<p style="margin:16px 0 0"><strong>Note:</strong> ${note}</p>`)}
<p style="margin:24px 0 0;padding-top:12px;border-top:1px solid #d9dde3;font-size:12px;color:#4a5568">omni-token-audit, audit ${digest.runId} of ${digest.baseUrl}. All of it: <code>omni-token-audit findings --run ${digest.runId}</code></p>
</td></tr></table>
</td></tr></table>
</body>
</html>
`.source;
}

function renderSection(section: DigestSection, runId: number, budget: ByteBudget): Markup {
  const colour = section.severity === null ? plainColour : severityColours[section.severity];
  const label =
    section.severity === null ? '' : html`<span style="color:${colour}">${section.severity.toUpperCase()}:</span> `;
  const rows = budget
    .take(section.rows.map((row) => renderRow(row, colour).source))
    .map((source) => new Markup(source));
  const leftOut = section.count - rows.length;
  return html`<h2 style="margin:24px 0 4px;font-size:16px;line-height:1.3">${label}${section.title} (${section.count})</h2>
<p style="margin:0 0 8px">${[section.why, section.act].filter((part) => part !== '').join(' ')}</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">${rows}</table>
${leftOut > 0 ? html`<p style="margin:8px 0 0">… and ${plural(leftOut, 'more', 'more')}: <code>omni-token-audit ${section.severity === null ? 'tokens' : 'findings'} --run ${runId}</code></p>` : ''}
`;
}

function renderRow(row: DigestRow, colour: string): Markup {
  const line = (text: string | Markup): Markup => html`<br>${text}`;
  return html`<tr><td style="padding:8px 0 8px 12px;border-left:3px solid ${colour};border-bottom:6px solid #ffffff;${font};font-size:14px;line-height:1.4;color:#1f2933;word-break:break-word"><strong>${row.name}</strong>${row.detail === '' ? '' : line(row.detail)}${row.summary === '' ? '' : line(row.summary)}${row.id === '' ? '' : line(html`<span style="font-size:12px;color:#4a5568">id ${row.id}</span>`)}${row.membershipId === null ? '' : line(html`<span style="font-size:12px;color:#4a5568">owner’s membership ${row.membershipId}</span>`)}${row.command === null ? '' : line(html`<code style="font-size:12px;word-break:break-all">${row.command}</code>`)}</td></tr>
`;
}
