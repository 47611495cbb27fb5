/** HTML that is safe as it stands. Only `html` makes it, so that no untrusted text gets in unescaped. */
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
