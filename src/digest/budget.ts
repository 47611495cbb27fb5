/** Gmail clips a mail above 102 KB; what surrounds the rows needs some of it too. */
export const longestBodyBytes = 90_000;

/** The leading items that fit into what is left of a number of UTF-8 bytes. */
export class ByteBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(items: readonly string[]): string[] {
    const fitting: string[] = [];
    for (const item of items) {
      const size = Buffer.byteLength(item);
      if (size > this.#left) break;
      this.#left -= size;
      fitting.push(item);
    }
    return fitting;
  }
}
