/** Returns `1 token` or `2 tokens`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Returns `2026-11-23 08:00 UTC+1`. `instant` is ISO 8601 in UTC; `timeZone` an IANA name. */
export function minuteOf(instant: string, timeZone: string): string {
  const { year, month, day, hour, minute, timeZoneName = '' } = localParts(instant, timeZone);
  return `${year}-${month}-${day} ${hour}:${minute} ${timeZoneName.replace(/^GMT(?:[+-]0$)?/, 'UTC')}`;
}

/** Returns `2026-11-23`, the day in that zone. `instant` is ISO 8601 in UTC. */
export function dayOf(instant: string, timeZone: string): string {
  const { year, month, day } = localParts(instant, timeZone);
  return `${year}-${month}-${day}`;
}

type LocalParts = Partial<Record<Intl.DateTimeFormatPartTypes, string>>;

function localParts(instant: string, timeZone: string): LocalParts {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    // The offset, because abbreviations such as CST have several meanings, and a clock that is set back repeats an hour.
    timeZoneName: 'shortOffset',
  });
  return Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]));
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
