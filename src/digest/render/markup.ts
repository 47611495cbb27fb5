import type { Severity } from '../../rules/severity.ts';

/** HTML that needs no escaping. Only `html` makes it, so that no untrusted text gets in unescaped. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Interpolated = string | number | Markup | readonly Markup[];

/** A template whose strings and numbers are escaped; `Markup` goes in as it is. */
export function html(parts: TemplateStringsArray, ...values: Interpolated[]): Markup {
  return new Markup(parts.reduce((done, part, index) => done + toSource(values[index - 1] ?? '') + part));
}

function toSource(value: Interpolated): string {
  if (value instanceof Markup) return value.source;
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map(({ source }) => source).join('');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Colours for a light and a dark page; each text colour has a contrast of at least 4.5:1 on its page (WCAG 1.4.3). */
interface Colour {
  light: string;
  dark: string;
}

const severityColours: Record<Severity, Colour> = {
  critical: { light: '#a11212', dark: '#ff9c9c' },
  high: { light: '#a63f00', dark: '#ffb37d' },
  medium: { light: '#7a5200', dark: '#f0c56b' },
  low: { light: '#2f5f8f', dark: '#93c1f2' },
  info: { light: '#4a5568', dark: '#b3bdc9' },
};

export const pageColour = '#f4f5f7';
export const paperColour = '#ffffff';
export const lineColour = '#d9dde3';
const inkColour = '#1f2933';
const mutedColour = '#4a5568';

export const font = 'font-family:Helvetica,Arial,sans-serif';
/** Long ids, addresses and commands must break before a phone has to scroll sideways. */
const breaking = 'word-break:break-word;overflow-wrap:anywhere';
export const ink = `${font};font-size:14px;line-height:1.5;color:${inkColour};${breaking}`;
export const small = `${font};font-size:12px;line-height:1.5;color:${mutedColour};${breaking}`;
export const code = `font-family:Menlo,Consolas,monospace;font-size:12px;color:${mutedColour};word-break:break-all`;

export function severityColour(severity: Severity | null): string {
  return severity === null ? mutedColour : severityColours[severity].light;
}

/** The class whose colour a dark page has. */
export function severityClass(severity: Severity | null): string {
  return severity === null ? 'muted' : severity;
}

/**
 * For clients that know style sheets and have a dark mode. Everything else is inline, since many strip
 * this; without it a mail is light, and complete.
 */
export const styleSheet = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#111418!important}
.paper{background:#1b2027!important;border-color:#3a4350!important}
.ink{color:#e8ebef!important}
.muted{color:#b3bdc9!important}
.line{border-color:#3a4350!important}
.alert{background:#3a2a10!important;border-color:#f0c56b!important}
.card{background:#222932!important}
${Object.entries(severityColours)
  .map(([name, { dark }]) => `.${name}{color:${dark}!important}\n.${name}-edge{border-color:${dark}!important}`)
  .join('\n')}
}`;
