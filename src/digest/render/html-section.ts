import type { MailFact, MailItem, MailRow, MailSection } from '../content/mail-content.ts';
import { reasonAndAct } from './budget.ts';
import { code, font, ink, lineColour, severityClass, severityColour, small } from './html-style.ts';
import { html, Markup } from './markup.ts';

/** Heading, reason and act of a section. */
export function renderFrame(section: MailSection): string {
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
export function renderRow(row: MailRow, section: MailSection): string {
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

/** What stands around the rows of a section. */
export function wrapRows({ layout }: MailSection, rows: readonly Markup[]): Markup {
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
