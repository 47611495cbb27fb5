import assert from 'node:assert/strict';
import type { KindWithDetail } from '../../src/rules/finding.ts';
import type { FindingFacts } from '../../src/rules/finding-facts.ts';

/** Returns the facts of a finding, which must be of this kind. */
export function factsOfKind<Kind extends keyof FindingFacts>(
  finding: KindWithDetail | undefined,
  kind: Kind,
): FindingFacts[Kind] {
  assert.equal(finding?.kind, kind);
  assert.ok(finding.detail !== null);
  return finding.detail as FindingFacts[Kind];
}
