import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleReport } from '../../src/demo/sample-report.ts';
import { ownerFacts } from '../../src/rules/finding.ts';
import { ageInDays } from '../../src/time/duration.ts';

const findings = sampleReport.groups.flatMap((group) => group.findings);
const acknowledgements = sampleReport.acknowledgements.map(({ acknowledgement }) => acknowledgement);

test('the sample report gives every finding, acknowledgement, token and owner its own id', () => {
  assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
  const conditions = acknowledgements.map(({ condition }) => condition);
  assert.equal(new Set(acknowledgements.map(({ id }) => id)).size, acknowledgements.length);
  assert.equal(new Set(conditions.map(({ id }) => id)).size, conditions.length);
  const tokens = findings.flatMap((finding) => [finding.token ?? [], ownerFacts(finding)?.tokens ?? []].flat());
  assert.ok(tokens.length > 10);
  const owners = findings.flatMap(({ subject, token, owner }) =>
    owner === null ? [] : [{ id: token?.membershipId ?? subject.id, name: owner.userName }],
  );
  for (const named of [tokens, owners]) {
    const ids = new Map(named.map(({ id, name }) => [id, name]));
    for (const { id, name } of named) assert.equal(ids.get(id), name);
    assert.equal(new Set(ids.values()).size, ids.size);
  }
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
