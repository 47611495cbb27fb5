import { isIP } from 'node:net';
import addressparser from 'nodemailer/lib/addressparser';
import { CronError, createCronSchedule } from '../time/cron-schedule.ts';

/** Thrown by a parser: what is wrong with the value and the hint, without name and value. */
export class InvalidValue extends Error {}

/** A whole number within bounds, both allowed. */
export function wholeNumber(lowest: number, highest: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < lowest || number > highest) {
      throw new InvalidValue(`give a whole number from ${lowest} to ${highest}`);
    }
    return number;
  };
}

/** The mails look back over some weeks, whose history has to be there. 0 keeps all of it. */
const minRetentionDays = 90;

export function retentionDays(value: string): number {
  const days = wholeNumber(0, 36_500)(value);
  if (days > 0 && days < minRetentionDays) {
    throw new InvalidValue(`give at least ${minRetentionDays} days, or 0 to keep everything`);
  }
  return days;
}

export function oneOf<T extends string>(choices: readonly T[]): (value: string) => T {
  return (value) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new InvalidValue(`give one of ${choices.join(', ')}`);
    return found;
  };
}

/** Ascending days separated by commas; `0` alone gives an empty list: off. */
export function dayThresholds(value: string): number[] {
  const days = value.split(',').map((part) => wholeNumber(0, 36_500)(part.trim()));
  if (days.length === 1 && days[0] === 0) return [];
  if (days.some((day, index) => day <= (days[index - 1] ?? 0))) {
    throw new InvalidValue('give days in ascending order, such as 90,180,365, or 0 to switch the rule off');
  }
  return days;
}

/** An `https:` address without query; `http:` only to this machine. Answers without a trailing slash. */
export function baseUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidValue('give an address such as https://acme.omniapp.co');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new InvalidValue('use https://, since http:// would send the API token readable over the network');
  }
  if (url.username !== '' || url.password !== '') throw new InvalidValue('leave out the user name and password');
  // It goes into shell lines that readers copy.
  if (!/^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname)) {
    throw new InvalidValue('the host may hold letters, digits, and . _ - only');
  }
  if (url.search !== '' || url.hash !== '') throw new InvalidValue('leave out everything from "?" or "#" on');
  const path = url.pathname.replace(/\/+$/, '');
  if (/\/api(\/|$)/.test(path)) throw new InvalidValue('leave out /api and what follows');
  if (!/^[\w/.~-]*$/.test(path)) throw new InvalidValue('the path may hold letters, digits, and / . ~ _ - only');
  return url.origin + path;
}

/** An expression of five or six fields that comes due some day. */
export function cronExpression(value: string): string {
  try {
    createCronSchedule(value, 'UTC');
    return value;
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new InvalidValue(
      `${error.message}. Give minute, hour, day of month, month and day of week, such as "0 7 * * 1-5"`,
    );
  }
}

/** A name of the IANA time zone database. */
export function timeZone(value: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidValue('give a time zone such as Europe/Berlin or UTC');
  }
}

/** An address to be asked with GET; `http:` only to this machine. */
export function watchdogUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new InvalidValue('give an https:// address');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) throw new InvalidValue('use https://');
  return value;
}

/** An address that gets secrets with POST; `http:` only to this machine. RFC 6749 3.2 allows a query, and no fragment. */
export function tokenUrl(value: string): string {
  const { username, password, hash } = new URL(watchdogUrl(value));
  if (username !== '' || password !== '') throw new InvalidValue('leave out the user name and password');
  if (hash !== '') throw new InvalidValue('leave out everything from "#" on');
  return value;
}

/** True for `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

export function hostName(value: string): string {
  if (isIP(value) !== 0 || /^[\p{L}\p{N}]([\p{L}\p{N}._-]*[\p{L}\p{N}])?\.?$/u.test(value)) return value;
  throw new InvalidValue('give a host name or an IP address, without port or scheme');
}

export interface MailAddress {
  /** Without a name, as the envelope has it. */
  address: string;
  /** As a header has it: `"Omni tokens" <audit@acme.com>`. */
  header: string;
}

export function mailAddress(value: string): MailAddress {
  const [only, ...more] = mailAddresses(value);
  if (only === undefined || more.length > 0) throw new InvalidValue('give exactly one address');
  return only;
}

/** Addresses separated by commas, each once; groups and bare names are refused. */
export function mailAddresses(value: string): MailAddress[] {
  const found = new Map<string, MailAddress>();
  oneLine(value);
  for (const entry of addressparser(value)) {
    const address = 'address' in entry ? (entry.address ?? '') : '';
    if (!/^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/u.test(address)) {
      throw new InvalidValue(`${JSON.stringify(address || entry.name)} is no mail address; give name@example.com`);
    }
    const name = entry.name.replaceAll(/["\\]/g, '\\$&');
    found.set(address.toLowerCase(), { address, header: name === '' ? address : `"${name}" <${address}>` });
  }
  if (found.size === 0) throw new InvalidValue('give at least one address');
  return [...found.values()];
}

/** What may stand in an HTTP header behind `Bearer`. */
export function bearerToken(value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new InvalidValue('it holds a space, line break or other character that no token has; copy it anew');
  }
  return value;
}

/** Text for one line: no control characters. */
export function oneLine(value: string): string {
  if (/\p{Cc}/u.test(value)) throw new InvalidValue('leave out line breaks and control characters');
  return value;
}
