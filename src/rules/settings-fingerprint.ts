import type { ConditionKind } from './catalogue.ts';
import type { RuleSettings } from './condition-rule.ts';
import { settingsByKind } from './judge.ts';

/** The settings of each kind as text, equal for equal settings. */
export function fingerprintRules(settings: RuleSettings): string {
  return JSON.stringify(settingsByKind(settings));
}

/**
 * The kinds whose settings differ from those of an earlier run. A difference of theirs may come from the
 * settings, so it is suppressed. A kind that the earlier run did not know yet is not among them: what it
 * finds is reported.
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
