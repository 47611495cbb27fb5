/**
 * Joins with AND the conditions whose filter was given, that is neither undefined nor false. The conditions
 * are this program's own text; values are bound by name.
 */
export function where(...filters: (readonly [given: unknown, condition: string])[]): string {
  const given = filters.filter(([value]) => value !== undefined && value !== false);
  return ['TRUE', ...given.map(([, condition]) => condition)].join(' AND ');
}
