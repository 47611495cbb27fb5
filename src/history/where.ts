/**
 * Joins the conditions of the filters that were given (neither undefined nor false) with AND. The conditions are
 * this program's own text; values are bound by name.
 */
export function where(...filters: (readonly [given: unknown, condition: string])[]): string {
  const given = filters.filter(([value]) => value !== undefined && value !== false);
  return ['TRUE', ...given.map(([, condition]) => condition)].join(' AND ');
}
