import type { ConditionKind } from './catalogue.ts';
import type { RuleSettings } from './condition-rule.ts';
import { settingsByKind } from './judge.ts';

/** Tells settings apart, kind by kind; equal for equal settings. */
export function fingerprintRules(settings: RuleSettings): string {
  return JSON.stringify(settingsByKind(settings));
}

/**
 * The kinds whose settings differ from those of an earlier run. What changes with them may come
 * from the settings and is no news, while all other kinds stay news. A kind that the earlier run
 * did not know yet has not changed: what it finds is told.
 */
export function changedKinds(earlier: string | null, current: string): ReadonlySet<ConditionKind> {
  const before = parts(earlier);
  const now = parts(current);
  const changed = Object.keys(before).filter((kind) => JSON.stringify(before[kind]) !== JSON.stringify(now[kind]));
  return new Set(changed as ConditionKind[]);
}

/** Empty for what an older version of this program wrote. */
function parts(fingerprint: string | null): Record<string, unknown> {
  if (fingerprint === null || !fingerprint.startsWith('{')) return {};
  return JSON.parse(fingerprint) as Record<string, unknown>;
}
