/** Returns `1 token` or `2 tokens`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Returns `2026-11-23 07:00 UTC`. `instant` is ISO 8601 in UTC. */
export function minuteOf(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

/** Returns `2026-11-23`. `instant` is ISO 8601 in UTC. */
export function dayOf(instant: string): string {
  return instant.slice(0, 10);
}

/** Returns the text with a capital first letter. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Breaks a text at spaces so that no line is longer than `width`, unless a single word is. `firstIndent` starts
 * the first line, `hanging` all others.
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
