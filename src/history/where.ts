/**
 * Joins the conditions of those filters that were given by AND; one that is undefined or false was not.
 * The text is this program's own, and values are
 * bound by name.
 */
export function where(...filters: (readonly [given: unknown, condition: string])[]): string {
  const given = filters.filter(([value]) => value !== undefined && value !== false);
  return ['TRUE', ...given.map(([, condition]) => condition)].join(' AND ');
}
