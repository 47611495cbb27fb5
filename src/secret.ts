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
