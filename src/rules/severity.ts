/** All severities, worst first. */
export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof severities)[number];

/** Returns whether `severity` is as bad as `threshold` or worse. */
export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(threshold);
}

/** Returns the next less bad severity; for `info`, `info`. */
export function oneLower(severity: Severity): Severity {
  return severities[severities.indexOf(severity) + 1] ?? 'info';
}

/** Returns the worst severity, or null if there is none. */
export function worst(found: Iterable<Severity>): Severity | null {
  const present = new Set(found);
  return severities.find((severity) => present.has(severity)) ?? null;
}

export type SeverityCounts = Record<Severity, number>;

export function noSeverityCounts(): SeverityCounts {
  return { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
}
