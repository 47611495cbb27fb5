const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;

/** Returns the domain of a mail address in lower-case ASCII; null if it is not one. An IP address is not a domain. */
export function asciiDomain(domain: string): string | null {
  // The conversion to ASCII drops some characters and decodes others, so only letters, digits and hyphens go in.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return null;
  const ascii = URL.parse(`https://${domain}`)?.hostname ?? '';
  const labels = ascii.split('.');
  return labels.every((part) => label.test(part)) && /\D/.test(labels.at(-1) ?? '') ? ascii : null;
}
