import { isIP } from 'node:net';
import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';
import { CronError, createCronSchedule } from '../time/cron-schedule.ts';

/** Takes the text of a variable. The message of its first issue says what is wrong and gives the hint, without name and value. */
export type Parser<T> = z.ZodType<T, string>;

const text = z.string();

/** Text for one line: no control characters. */
export const oneLine: Parser<string> = text.regex(/^\P{Cc}*$/u, 'leave out line breaks and control characters');

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): Parser<number> {
  const isTaken = (value: string): boolean => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max;
  return text.refine(isTaken, `give a whole number from ${min} to ${max}`).transform(Number);
}

/** Seconds; the answer is in milliseconds. */
export function seconds(min: number, max: number): Parser<number> {
  return wholeNumber(min, max).transform((count) => count * 1000);
}

/** Minutes; the answer is in milliseconds. */
export function minutes(min: number, max: number): Parser<number> {
  return wholeNumber(min, max).transform((count) => count * 60_000);
}

/** Mails look back over some weeks, whose history must still be there. 0 keeps all of it. */
const minRetentionDays = 90;

export const retentionDays: Parser<number> = wholeNumber(0, 36_500).refine(
  (days) => days === 0 || days >= minRetentionDays,
  `give at least ${minRetentionDays} days, or 0 to keep everything`,
);

export function oneOf<const T extends string>(...choices: readonly T[]): Parser<T> {
  return z.enum(choices, `give one of ${choices.join(', ')}`);
}

/** Ascending days separated by commas; `0` alone gives an empty list, which switches the rule off. */
export const dayThresholds: Parser<number[]> = text
  .transform((value) => value.split(',').map((part) => part.trim()))
  .pipe(z.array(wholeNumber(0, 36_500)))
  .transform((days) => (days.length === 1 && days[0] === 0 ? [] : days))
  .refine(
    (days) => days.every((day, index) => day > (days[index - 1] ?? 0)),
    'give days in ascending order, such as 90,180,365, or 0 to switch the rule off',
  );

/** An expression of five or six fields that comes due some day. */
export const cronExpression: Parser<string> = text.superRefine((value, ctx) => {
  try {
    createCronSchedule(value, 'UTC');
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    ctx.addIssue(`${error.message}; give minute, hour, day of month, month and day of week, such as "0 7 * * 1-5"`);
  }
});

/** A name of the IANA time zone database. */
export const timeZone: Parser<string> = text.transform((value, ctx) => {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    ctx.addIssue('give a time zone such as Europe/Berlin or UTC');
    return z.NEVER;
  }
});

/** True for `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** An address of `https:`, or of `http:` on this machine. */
function webAddress(hint: string, hintForHttp: string): Parser<URL> {
  return text
    .transform((value, ctx) => {
      const url = URL.parse(value);
      if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
      ctx.addIssue(hint);
      return z.NEVER;
    })
    .refine(({ protocol, hostname }) => protocol === 'https:' || isLoopback(hostname), hintForHttp);
}

const secureAddress = webAddress('give an https:// address', 'use https://');

function hasNoLogin({ username, password }: URL): boolean {
  return username === '' && password === '';
}
const loginHint = 'leave out the user name and password';

/** Where Omni is; without a trailing slash. Its characters are limited because readers copy it into shell lines. */
export const baseUrl: Parser<string> = webAddress(
  'give an address such as https://acme.omniapp.co',
  'use https://, since http:// would send the API token readable over the network',
)
  .refine(hasNoLogin, loginHint)
  .refine(
    ({ hostname }) => /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(hostname),
    'leave out all but letters, digits, and . _ - from the host',
  )
  .refine(({ search, hash }) => search === '' && hash === '', 'leave out everything from "?" or "#" on')
  .refine(({ pathname }) => !/\/api(\/|$)/.test(pathname), 'leave out /api and what follows')
  .refine(
    ({ pathname }) => /^[\w/.~-]*$/.test(pathname),
    'leave out all but letters, digits, and / . ~ _ - from the path',
  )
  .transform(({ origin, pathname }) => origin + pathname.replace(/\/+$/, ''));

/** An address that is asked with GET. */
export const watchdogUrl: Parser<string> = secureAddress.transform(({ href }) => href);

/** An address that receives secrets by POST. RFC 6749 3.2 allows a query but no fragment. */
export const tokenUrl: Parser<string> = secureAddress
  .refine(hasNoLogin, loginHint)
  .refine(({ hash }) => hash === '', 'leave out everything from "#" on')
  .transform(({ href }) => href);

export const hostName: Parser<string> = text.refine(
  (value) => isIP(value) !== 0 || /^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}])?\.?$/u.test(value),
  'give a host name or an IP address, without port or scheme',
);

/** What may follow `Bearer` in an HTTP header. */
export const bearerToken: Parser<string> = text.regex(
  /^[\x21-\x7e]+$/,
  'it contains a space, a line break or another character that no token has; copy it again',
);

export interface MailAddress {
  /** Without a name, as the envelope has it. */
  address: string;
  /** As a header has it: `"Omni tokens" <audit@acme.com>`. */
  header: string;
}

/** Addresses separated by commas, each once; groups and bare names are refused. */
export const mailAddresses: Parser<MailAddress[]> = oneLine.transform((value, ctx) => {
  const found = new Map<string, MailAddress>();
  for (const entry of addressparser(value)) {
    const address = 'address' in entry ? (entry.address ?? '') : '';
    if (!/^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/u.test(address)) {
      ctx.addIssue(`${JSON.stringify(address || entry.name)} is not a mail address; give name@example.com`);
      return z.NEVER;
    }
    const name = entry.name.replaceAll(/["\\]/g, '\\$&');
    found.set(address.toLowerCase(), { address, header: name === '' ? address : `"${name}" <${address}>` });
  }
  if (found.size === 0) ctx.addIssue('give at least one address');
  return [...found.values()];
});

export const mailAddress: Parser<MailAddress> = mailAddresses.transform(([only, ...more], ctx) => {
  if (only !== undefined && more.length === 0) return only;
  ctx.addIssue('give exactly one address');
  return z.NEVER;
});
