/** Returns a name in a form for comparisons that ignore case and Unicode normalisation. */
export function foldName(name: string): string {
  // Upper case comes first, because ß and SS are the same name.
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
