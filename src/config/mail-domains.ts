import { z } from 'zod';
import { asciiDomain } from '../rules/mail-domain.ts';
import { type Parser, plainText } from './parsers.ts';
import { shownValue } from './shown-value.ts';

/** Mail domains separated by commas, in lower-case ASCII, sorted, each once. The message names every one that is wrong. */
export const mailDomains: Parser<string[]> = plainText.transform((value, ctx) => {
  // A colon may begin a password, which may contain commas: what follows it is not split into parts that would be named.
  const entries = value.split(/(?<!:.*),/).map((entry) => entry.trim());
  const problems = entries.map(problemOf).filter((problem) => problem !== null);
  if (problems.length > 0) {
    ctx.addIssue([...new Set(problems)].join('. Also: '));
    return z.NEVER;
  }
  return [...new Set(entries.map((entry) => asciiDomain(entry) ?? ''))].sort();
});

function problemOf(entry: string): string | null {
  if (entry === '') return 'has a comma without a domain before or after it; remove the comma or add the domain';
  // Somebody may have set a secret by mistake.
  const shown = shownValue(entry, false);
  if (entry.includes(':')) return `${shown} is not a domain; use a domain such as acme.com`;
  if (/[;\s]/.test(entry)) return `${shown} is not one domain; separate domains with commas`;
  if (/[*?]/.test(entry)) return `${shown} is not a domain; list each subdomain, such as eu.acme.com`;
  if (entry.includes('@')) return `${shown} is not a domain; remove everything up to the "@"`;
  if (entry.includes('.') && asciiDomain(entry) !== null) return null;
  return `${shown} is not a domain; use a domain such as acme.com`;
}
