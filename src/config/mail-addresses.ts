import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { asciiDomain } from '../rules/mail-domain.ts';
import { oneLine, type Parser } from './parsers.ts';

export interface MailAddress {
  /** The address alone, for the envelope. */
  address: string;
  /** The form for a header: `"Omni tokens" <audit@acme.com>`. */
  header: string;
}

/**
 * Mail addresses separated by commas, each alone, as `<address>`, or after a name. Parsers of mail headers guess what
 * is meant by anything else, and so leave somebody out. This one refuses it, and its message names every entry that
 * is wrong. Duplicates are dropped.
 */
export const mailAddresses: Parser<MailAddress[]> = oneLine.transform((value, ctx) => {
  const entries = splitAtCommas(value).map((entry) => ({ entry, parsed: parseEntry(entry) }));
  const wrong = entries.flatMap(({ entry, parsed }) => (parsed === null ? [entry] : []));
  // A colon may begin a password, which may contain commas. No entry after it is named.
  const maybeSecret = wrong.findIndex((entry) => entry.includes(':'));
  const named = maybeSecret === -1 ? wrong : wrong.slice(0, maybeSecret + 1);
  const problems = named.map(problemOf);
  if (problems.length > 0) {
    ctx.addIssue([...new Set(problems)].join('. Also: '));
    return z.NEVER;
  }
  const found = new Map<string, MailAddress>();
  for (const { parsed } of entries) if (parsed !== null) found.set(mailboxKey(parsed.address), parsed);
  return [...found.values()];
});

export const mailAddress: Parser<MailAddress> = mailAddresses.transform(([only, ...more], ctx) => {
  if (only !== undefined && more.length === 0) return only;
  ctx.addIssue('use exactly one address');
  return z.NEVER;
});

/** Splits at commas outside quotes. */
function splitAtCommas(value: string): string[] {
  const pieces = value.match(/"(?:[^"\\]|\\.)*"|,|[^,"]+|"/g) ?? [];
  const entries = [''];
  for (const piece of pieces) {
    if (piece === ',') entries.push('');
    else entries.push(`${entries.pop()}${piece}`);
  }
  return entries.map((entry) => entry.replaceAll(/^ +| +$/g, ''));
}

/** `address`, `<address>`, `Name <address>` or `"Name" <address>`. */
const form = /^(?:(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^"<>]*?)) *<(?<inBrackets>[^<>]*)>|(?<bare>[^"<>]*))$/u;

function parseEntry(entry: string): MailAddress | null {
  const { quoted, plain = '', inBrackets, bare = '' } = form.exec(entry)?.groups ?? {};
  const address = inBrackets ?? bare;
  const name = quoted?.replaceAll(/\\(.)/gu, '$1') ?? plain;
  if (!isMailAddress(address) || atSign.test(name) || invisible.test(name)) return null;
  return { address, header: name === '' ? address : `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>` };
}

/** An at sign, also a full-width or a small one. */
const atSign = /[@＠﹫]/;

/** RFC 5321 4.5.3.1, in octets. */
const maxLocalPart = 64;
const maxAddress = 254;

/** Letters, digits and what RFC 5322 3.2.3 (atext) and RFC 6531 3.3 allow in addition. */
const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;

function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const domain = at === -1 || invisible.test(text) ? null : asciiDomain(text.slice(at + 1));
  return (
    domain !== null &&
    localPart.test(local) &&
    Buffer.byteLength(local) <= maxLocalPart &&
    Buffer.byteLength(local) + 1 + domain.length <= maxAddress
  );
}

/** Everything invisible that a copied address may contain. Spaces other than U+0020 are included. */
const invisible = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

function problemOf(entry: string): string {
  // Somebody may have set the address of a server, with a password, by mistake.
  const shown = JSON.stringify(entry.replace(/:.*/, ':[secret]'));
  if (entry === '') return 'has a comma without an address before or after it; remove the comma or add the address';
  const [character] = invisible.exec(entry) ?? [];
  if (character !== undefined) return `${shown} contains the invisible character ${codePoint(character)}; remove it`;
  if (isMailAddress(form.exec(entry)?.groups?.inBrackets ?? '')) {
    return `${shown} has an "@" before the address; remove it, or separate addresses with commas`;
  }
  if (/@.*@|;/.test(entry)) return `${shown} is not one mail address; separate addresses with commas`;
  return `${shown} is not a mail address; use name@example.com`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The same for two ways to write one mailbox. Hardly any server distinguishes cases in a local part. */
function mailboxKey(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at).toLowerCase()}@${domainToASCII(address.slice(at + 1))}`;
}
