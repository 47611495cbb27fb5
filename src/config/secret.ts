import { inspect } from 'node:util';

/**
 * A value that must never be shown. Printing, logging, serialising or inspecting it yields `[secret]`. Only
 * `reveal()` returns it, for the one place that needs it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /**
   * Replaces this value in a text with `[secret]`, for replies of servers, which may repeat what they received. It
   * finds the literal value, the value as JSON, a URL or a form escapes it, and its base64, even inside longer
   * encoded text such as `\0user\0password`.
   */
  concealIn(text: string): string {
    const value = this.#value;
    if (value === '') return text;
    const forms = [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      new URLSearchParams({ value }).toString().slice('value='.length),
      ...base64Forms(value),
    ];
    const any = forms.map((form) => form.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
    return text.replaceAll(new RegExp(any, 'gi'), '[secret]');
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** The minimum length of a base64 form. Shorter ones could match unrelated text. */
const minBase64Form = 6;

/** Returns the base64 of a value at each offset in a group of three bytes, without characters that also encode other bytes. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + value)
      .toString('base64')
      .replace(/=+$/, '');
    const own = encoded.slice(Math.ceil((offset * 8) / 6), -1);
    return own.length < minBase64Form ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
