import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleReport } from '../../src/demo/sample-report.ts';
import { ownerFacts } from '../../src/rules/finding.ts';
import { ageInDays } from '../../src/time/duration.ts';

const findings = sampleReport.groups.flatMap((group) => group.findings);
const acknowledgements = sampleReport.acknowledgements.map(({ acknowledgement }) => acknowledgement);

/** Whether two items that share the key differ in the value. */
function isAmbiguous<T>(items: readonly T[], key: (item: T) => unknown, value: (item: T) => unknown): boolean {
  return new Set(items.map(key)).size !== new Set(items.map((item) => `${key(item)} ${value(item)}`)).size;
}

test('the sample report gives every finding, acknowledgement, token and owner its own id', () => {
  assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
  const conditions = acknowledgements.map(({ condition }) => condition);
  assert.equal(new Set(acknowledgements.map(({ id }) => id)).size, acknowledgements.length);
  assert.equal(new Set(conditions.map(({ id }) => id)).size, conditions.length);
  const tokens = findings.flatMap((finding) => [finding.token ?? [], ownerFacts(finding)?.tokens ?? []].flat());
  assert.ok(tokens.length > 10);
  assert.equal(
    isAmbiguous(
      tokens,
      ({ id }) => id,
      ({ name }) => name,
    ),
    false,
  );
  const owned = findings.flatMap(({ token, owner }) => (token === null || owner === null ? [] : [{ token, owner }]));
  assert.equal(
    isAmbiguous(
      owned,
      ({ token }) => token.membershipId,
      ({ owner }) => owner.userName,
    ),
    false,
  );
});

test('the sample report counts its tokens, and gives stale tokens their true age', () => {
  const { run, tokensByType } = sampleReport;
  assert.equal(
    tokensByType.reduce((sum, { count }) => sum + count, 0),
    run.tokenCount,
  );
  for (const { kind, detail, token } of findings) {
    if (kind !== 'token-stale' || detail === null) continue;
    assert.equal(ageInDays(token?.createdAt ?? '', new Date(run.startedAt)), detail.ageDays);
  }
});
