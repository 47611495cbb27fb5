import { inspect } from 'node:util';

/**
 * A value that must never be seen. Printing, logging, serialising or inspecting it yields
 * `[secret]`; only `reveal()` gives it away, at the one place that needs it.
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
   * The text with `[secret]` wherever this value stands in it: as it is, as JSON, a URL or a form
   * writes it, or as base64 does, alone or in the middle of something longer such as `\0user\0password`. For what
   * servers answer, who may repeat what they were sent.
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

/** Shorter ones would stand in any text. */
const minBase64Form = 6;

/** Its base64 for each place within a group of three bytes, without the letters that its neighbours decide too. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.from('\0'.repeat(offset) + value)
      .toString('base64')
      .replace(/=+$/, '');
    const own = encoded.slice(Math.ceil((offset * 8) / 6), -1);
    return own.length < minBase64Form ? [] : [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
