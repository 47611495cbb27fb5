/** `1 token`, `2 tokens`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `2026-11-23 07:00 UTC` from UTC ISO-8601. */
export function minuteOf(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

/** `2026-11-23` from UTC ISO-8601. */
export function dayOf(instant: string): string {
  return instant.slice(0, 10);
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Breaks at spaces so that no line is longer than `width`, unless a word is. `indent` starts each
 * line; `hanging`, where it is given, every line but the first.
 */
export function wrap(text: string, width: number, firstIndent = '', hanging = firstIndent): string {
  const lines: string[] = [];
  let line = '';
  let indent = firstIndent;
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      indent = hanging;
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(indent + line);
  return lines.join('\n');
}
