/** The length at which a shown value is cut. */
const maxLength = 200;

/** A scheme and its slashes. `user:` could be one as well, so that only some are known without slashes. */
const schemeAndSlashes = /^(?:[a-z][a-z\d+.-]*:[\\/]{2,}|(?:https?|smtps?|file|sqlite):[\\/]*|[\\/]{2,})?/i;
/** Where the query or the fragment of a URL begins, also percent-encoded. Cron expressions have `?` and `#` of their own. */
const queryStart = /\?(?=\S)|#(?=\S)(?![1-5](?:[\s,]|$))|%(?:25)*(?:3f|23)/i;
const lastAtSign = /(?:[@＠﹫]|%(?:25)*40)(?!.*(?:[@＠﹫]|%(?:25)*40))/is;
const colon = /[:：]|%(?:25)*3a/i;
/** `user:password` without a host. `host:587` and `:memory:` are nothing of the kind. */
const colonAndPassword = /(?<=^[^\s/\\:[]+:)(?!\d{1,5}(?:\D|$))[^\s/\\:].*/s;

/**
 * Returns a value in quotes, for an error message, without what may be a secret: everything before an `@`, everything
 * after a `?` or `#`, and long runs of characters that look random, because people confuse variables. A long value is cut.
 *
 * @param isAddress mail addresses keep what is before their `@`, unless it contains a colon
 */
export function shownValue(value: string, isAddress: boolean): string {
  const shown = concealTokens(isAddress && !value.includes('//') ? concealLogin(value, colon) : concealUrl(value));
  return JSON.stringify(shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown);
}

function concealUrl(value: string): string {
  const [start = ''] = schemeAndSlashes.exec(value) ?? [];
  const rest = value.slice(start.length);
  const end = rest.search(queryStart);
  if (end === -1) return start + concealLogin(rest).replace(colonAndPassword, '[secret]');
  // The `?` or `#` may be part of a password.
  if (lastAtSign.test(rest.slice(end))) return `${start}[secret]`;
  return `${start}${concealLogin(rest.slice(0, end))}${rest[end]}[secret]`;
}

/** Replaces what is before the last `@`, if it matches. */
function concealLogin(text: string, onlyIf = /^/): string {
  const at = text.search(lastAtSign);
  return at !== -1 && onlyIf.test(text.slice(0, at)) ? `[secret]${text.slice(at)}` : text;
}

/** Replaces every token of Omni, and whatever looks like another token or a generated password. */
export function concealTokens(text: string): string {
  return text
    .replaceAll(/\bomni_[a-z]{2,4}_\w+/gi, '[secret]')
    .replaceAll(/[\w+=~-][\w+/=~-]{19,}/g, (run) => (looksRandom(run) ? '[secret]' : run));
}

/** Returns whether a run of characters is no name or path: it mixes letters and digits, or has a long unspeakable word. */
function looksRandom(run: string): boolean {
  const changes = run.match(/(?<=[a-z])\d|(?<=\d)[a-z]/gi)?.length ?? 0;
  const words = run.split(/[^a-z\d]/i);
  return (
    changes >= 4 ||
    words.some((word) => word.length >= 12 && /\d/.test(word) && /\D/.test(word)) ||
    words.some((word) => word.length >= 20 && /\d|[^aeiouy]{5}/i.test(word))
  );
}
