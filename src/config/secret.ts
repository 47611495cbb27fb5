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
   * Replaces this value in a text with `[secret]`: literally, as JSON, a URL or a form escapes it, and in base64,
   * also as part of something longer such as `\0user\0password`. For replies of servers, which may repeat what
   * they received.
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
    return text.replaceAll(new RegExp(any, 'g'), '[secret]');
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

/** Shorter ones could match unrelated text. */
const minBase64Form = 6;

/** Returns its base64 at each offset within a group of three bytes, without the letters that also depend on its neighbours. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + value)
      .toString('base64')
      .replace(/=+$/, '');
    const own = encoded.slice(Math.ceil((offset * 8) / 6), -1);
    return own.length < minBase64Form ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
