import { isIP } from 'node:net';
import { sep } from 'node:path';
import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';
import { CronError, createCronSchedule } from '../time/cron-schedule.ts';
import { concealTokens } from './shown-value.ts';

/** Parses the text of a variable. The message of its first issue follows `NAME "value": ` in the error message. */
export type Parser<T> = z.ZodType<T, string>;

const singleLine = z.string().regex(/^\P{Cc}*$/u, 'remove line breaks and control characters');
const visibleLine = singleLine
  .regex(/^[^\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}]*$/u, 'remove invisible characters')
  .regex(/^(?![^\S ]).*(?<![^\S ])$/, 'remove invisible white space at the beginning or end');
const trimmed = [/^(?! ).*(?<! )$/, 'remove spaces at the beginning or end'] as const;
const visibleWord = visibleLine.regex(...trimmed);

/** Text without control characters. */
export const oneLine: Parser<string> = singleLine;

/** A name for people. Some scripts and emoji need characters that are invisible. */
export const label: Parser<string> = singleLine.regex(...trimmed);

/** Text that somebody may have copied, without invisible characters. */
export const plainText: Parser<string> = visibleWord;

/** A password, which may begin and end with spaces. */
export const password: Parser<string> = visibleLine;

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): Parser<number> {
  const isAccepted = (value: string): boolean => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
  return visibleWord.refine(isAccepted, `use a whole number from ${min} to ${max}`).transform(Number);
}

/** A whole number of seconds, converted to milliseconds. */
export function seconds(min: number, max: number): Parser<number> {
  return wholeNumber(min, max).transform((count) => count * 1000);
}

/** A whole number of minutes, converted to milliseconds. */
export function minutes(min: number, max: number): Parser<number> {
  return wholeNumber(min, max).transform((count) => count * 60_000);
}

/** Summaries and trends in mails need several weeks of history. */
const minRetentionDays = 90;

export const retentionDays: Parser<number> = wholeNumber(0, 36_500).refine(
  (days) => days === 0 || days >= minRetentionDays,
  `keep at least ${minRetentionDays} days, or use 0 to keep everything`,
);

export function oneOf<const T extends string>(...choices: readonly T[]): Parser<T> {
  return z.enum(choices, `use one of ${choices.join(', ')}`);
}

/** Ascending days separated by commas. A single `0` means an empty list, which switches the rule off. */
export const dayThresholds: Parser<number[]> = singleLine
  .regex(/^(?!.*(?:[;|]|\d\s+\d))/, 'separate days with commas, such as 90,180,365')
  .transform((value) => value.split(',').map((part) => part.trim()))
  .pipe(z.array(wholeNumber(0, 36_500)))
  .transform((days) => (days.length === 1 && days[0] === 0 ? [] : days))
  .refine(
    (days) => days.every((day, index) => day > (days[index - 1] ?? 0)),
    'list days in ascending order, such as 90,180,365, or use 0 to switch the rule off',
  );

/** A cron expression of five or six fields that becomes due at least once every few years. */
export const cronExpression: Parser<string> = visibleWord.superRefine((value, ctx) => {
  try {
    createCronSchedule(value, 'UTC');
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    const form = 'write minute, hour, day of month, month and day of week, separated by spaces, such as "0 7 * * 1-5"';
    ctx.addIssue(error.isWellFormed ? error.message : `${error.message}; ${form}`);
  }
});

/**
 * UTC, or a name of the IANA time zone database with a slash, as it was typed: the engine may only know a former name
 * (Asia/Calcutta). Offsets and abbreviations are refused: they ignore daylight saving time, and some have several meanings.
 * So is Etc/GMT+2, which is two hours behind UTC.
 */
export const timeZone: Parser<string> = visibleWord.transform((value, ctx) => {
  const isOffset = /[+-]\d/.test(value);
  try {
    const { timeZone: known } = new Intl.DateTimeFormat('en-US', { timeZone: value }).resolvedOptions();
    if (/^utc$/i.test(value) || (value.includes('/') && !isOffset)) {
      return known === 'UTC' || known.toLowerCase() === value.toLowerCase() ? known : value;
    }
  } catch {
    // Not known to the engine.
  }
  const isAbbreviation = /^[a-z]{1,5}(?:\d[a-z]*)?$/i.test(value);
  const reason =
    isOffset || isAbbreviation ? ', because an offset or an abbreviation does not follow daylight saving time' : '';
  ctx.addIssue(`use a time zone such as Europe/Berlin or UTC${reason}`);
  return z.NEVER;
});

/** What people write in place of a path, and what to write. SQLite would create a file or folder of that very name. */
const pathMistakes: [pattern: RegExp, hint: string][] = [
  [/:memory:/i, 'use a file such as ./data/audit.db, because the history must outlive the program'],
  [/^[a-z][a-z\d+.-]+:/i, 'use a plain path such as /data/audit.db, without a scheme or host'],
  [/^~|\$[\w{(]|%\w+%/, 'write the path out, because only a shell replaces ~ and variables'],
  [sep === '/' ? /\\|^[a-z]:/i : /(?!)/, 'use a path for this operating system, such as /data/audit.db'],
  [/[\\/]$|(?:^|[\\/])\.\.?$/, 'add the name of a file, such as audit.db, because this is a folder'],
  [/-(?:wal|shm|journal)$/, 'use the name of the database, without -wal, -shm or -journal'],
  [/[?*]/, 'remove the "?" or "*"'],
];

/** The path of a file. */
export const filePath: Parser<string> = visibleWord.regex(
  /[^\\/]$/,
  'add the name of a file, because this is a folder',
);

/** The path of the database. */
export const databasePath: Parser<string> = visibleWord.superRefine((value, ctx) => {
  const [, hint] = pathMistakes.find(([pattern]) => pattern.test(value)) ?? [];
  if (hint !== undefined) ctx.addIssue(hint);
});

/** Returns true for `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** A URL with `https:`, or with `http:` for this machine. */
function webAddress(hint: string, hintForHttp: string): Parser<URL> {
  return visibleWord
    .regex(/^\S*$/, 'remove the white space')
    .transform((value, ctx) => {
      const url = URL.parse(value);
      if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
      ctx.addIssue(hint);
      return z.NEVER;
    })
    .refine(({ protocol, hostname }) => protocol === 'https:' || isLoopback(hostname), hintForHttp);
}

const secureAddress = webAddress('use an https:// address', 'use https://');

function hasNoLogin({ username, password }: URL): boolean {
  return username === '' && password === '';
}
const loginHint = 'remove the user name and password';

/** Omni's address, without a trailing slash. Only harmless characters are accepted, because people copy it into shell commands. */
export const baseUrl: Parser<string> = webAddress(
  'use an address such as https://acme.omniapp.co',
  'use https://, because http:// would send the API token unencrypted',
)
  .refine(hasNoLogin, loginHint)
  .refine(
    ({ hostname }) => /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(hostname),
    'use only letters, digits, and . _ - in the host',
  )
  .refine(({ search, hash }) => search === '' && hash === '', 'remove the "?" or "#" and everything after it')
  .refine(({ pathname }) => !/\/api(\/|$)/.test(pathname), 'remove /api and everything after it')
  .refine(
    ({ hostname, pathname }) => !hostname.endsWith('.omniapp.co') || /^\/*$/.test(pathname),
    'remove everything after omniapp.co',
  )
  .refine(({ pathname }) => !/\/\/[^/]/.test(pathname), 'remove one of the schemes, or the "//" in the path')
  .refine(({ pathname }) => /^[\w/.~-]*$/.test(pathname), 'use only letters, digits, and / . ~ _ - in the path')
  .transform(({ origin, pathname }) => origin + pathname.replace(/\/+$/, ''));

/** The URL of a watchdog, which is requested with GET. */
export const watchdogUrl: Parser<string> = secureAddress.refine(hasNoLogin, loginHint).transform(({ href }) => href);

/** The URL of a token endpoint, which receives secrets by POST. RFC 6749 3.2 allows a query but no fragment. */
export const tokenUrl: Parser<string> = secureAddress
  .refine(hasNoLogin, loginHint)
  .refine(({ hash }) => hash === '', 'remove the "#" and everything after it')
  .transform(({ href }) => href);

export const hostName: Parser<string> = visibleWord
  .refine(
    (value) => isIP(value) !== 0 || /^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}])?\.?$/u.test(value),
    'use a host name or an IP address, without a scheme or port',
  )
  // A token would pass for a host, and errors name the host.
  .refine(
    (value) => value.includes('.') || concealTokens(value) === value,
    'use a host name; this looks like a secret',
  );

/** How a client names itself to a mail server: a host name in ASCII, or an address in brackets (RFC 5321 4.1.3). */
export const ehloName: Parser<string> = hostName.transform((value, ctx) => {
  const family = isIP(value);
  if (family !== 0) return family === 4 ? `[${value}]` : `[IPv6:${value}]`;
  const name = domainToASCII(value.replace(/\.$/, ''));
  // Punycode that cannot be decoded is left as it is.
  if (name === '' || /(?:^|\.)xn--/.test(domainToUnicode(name)))
    ctx.addIssue('use a valid host name; one of its labels is not valid Punycode');
  return name;
});

/** A token that may follow `Bearer` in an HTTP header. */
export const bearerToken: Parser<string> = z
  .string()
  .regex(/^(?!bearer\s)/i, 'remove the word Bearer, and use the token alone')
  .regex(
    /^[\x21-\x7e]+$/,
    'copy the token again: it contains a space, a line break or another character that no token can contain',
  );
