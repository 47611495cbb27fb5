/** A name in one spelling, for comparing: without regard to case and Unicode normalisation. */
export function foldName(name: string): string {
  // In capitals first: ß and SS are one name.
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
