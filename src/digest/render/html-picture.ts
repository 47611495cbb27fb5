import type { MailPicture } from '../content/mail-content.ts';
import { font, html, ink, lineColour, type Markup, partColours, small } from './markup.ts';

type Parts = Extract<MailPicture, { kind: 'parts' }>;
type Series = Extract<MailPicture, { kind: 'series' }>;

/** Drawn with table cells, which every client shows, and every number as text. */
export function renderPicture(picture: MailPicture): Markup {
  const title = html`<h2 class="ink" style="margin:16px 0 6px;${font};font-size:14px;line-height:1.3">${picture.title}</h2>`;
  return html`${title}
${picture.kind === 'parts' ? strip(picture) : series(picture)}`;
}

/** One strip, its parts as wide as they count, above a legend that needs no strip. */
function strip({ parts }: Parts): Markup {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const cells = parts
    .map((part, index) => ({ width: percent(part.count, total), colour: colourOf(index) }))
    .filter(({ width }) => width > 0);
  return html`<table role="presentation" aria-hidden="true" width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed"><tr>${cells.map(
    ({ width, colour }) =>
      html`<td width="${width}%" bgcolor="${colour}" style="width:${width}%;height:14px;font-size:1px;line-height:14px;background:${colour}">&nbsp;</td>`,
  )}</tr></table>
<p class="ink" style="margin:4px 0 0;${ink}">${parts.map(
    ({ label, count }, index) =>
      html`<span><span aria-hidden="true" style="display:inline-block;width:10px;height:10px;background:${colourOf(index)}">&nbsp;</span> ${label} <strong>${count}</strong> (${percent(count, total)} %)</span>&ensp; `,
  )}</p>`;
}

function series({ columns, points }: Series): Markup {
  const highest = columns.map((_, column) => Math.max(1, ...points.map(({ counts }) => counts[column] ?? 0)));
  return html`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;border-collapse:collapse">
<tr>${headCell('Week of')}${columns.map(headCell)}</tr>
${points.map(
  ({
    label,
    counts,
  }) => html`<tr><th scope="row" align="left" class="muted line" style="padding:3px 6px 3px 0;border-top:1px solid ${lineColour};font-weight:normal;${small}">${label}</th>${counts.map(
    (count, column) =>
      html`<td class="ink line" style="padding:3px 6px 3px 0;border-top:1px solid ${lineColour};${ink}">${bar(count, highest[column] ?? 1, column)}${count}</td>`,
  )}</tr>
`,
)}</table>`;
}

function bar(count: number, highest: number, column: number): Markup {
  const width = percent(count, highest);
  const colour = colourOf(column === 0 ? 1 : 4);
  const filled = html`<td width="${width}%" bgcolor="${colour}" style="width:${width}%;height:8px;font-size:1px;line-height:8px;background:${colour}">&nbsp;</td>`;
  const rest = html`<td class="rest" bgcolor="#eceff3" style="height:8px;font-size:1px;line-height:8px;background:#eceff3">&nbsp;</td>`;
  return html`<table role="presentation" aria-hidden="true" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>${width > 0 ? filled : ''}${width < 100 ? rest : ''}</tr></table>`;
}

function headCell(label: string): Markup {
  return html`<th scope="col" align="left" class="muted" style="padding:2px 6px 2px 0;${small}">${label}</th>`;
}

function colourOf(index: number): string {
  return partColours[index % partColours.length] ?? '#5b6b7c';
}

/** Whole per cent, at least 1 for what is there at all: a sliver must not vanish. */
function percent(count: number, total: number): number {
  if (count <= 0 || total <= 0) return 0;
  return Math.max(1, Math.round((100 * count) / total));
}
