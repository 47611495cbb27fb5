import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { OwnerFacts } from '../../src/rules/catalogue.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { change, revoke } from '../support/audit-looks.ts';
import type { LogLine } from '../support/log-lines.ts';
import { someToken, uuid } from '../support/tokens.ts';

const red = '\u001b[31m';

function findingLines({ log }: AuditBench): LogLine[] {
  return log.filter(({ event }) => event === 'finding');
}

/** Token 1 is of Jane, whose account is then deactivated. */
async function startAudited(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [someToken(1, { membershipId: uuid(0xa) }), someToken(2)]);
  await bench.completeAudit();
  bench.log.length = 0;
  return bench;
}

describe('the log of the findings', () => {
  test('has one line each, with the subject and the level of its severity', async (context) => {
    await using bench = await startAudited(context);
    bench.people.ownerOf({ ...someToken(1), membershipId: uuid(0xa) }).active = false;
    change(bench, uuid(2), { enabled: false });
    const { runId } = await bench.completeAudit();
    assert.deepEqual(
      findingLines(bench).map(({ level, msg, kind, transition, subject, tokenId, membershipId, runId: run }) => [
        level,
        msg,
        `${kind} ${transition}`,
        subject,
        tokenId,
        membershipId,
        run,
      ]),
      [
        ['info', 'finding', 'token-disabled event', { type: 'token', id: uuid(2) }, uuid(2), uuid(1_000_002), runId],
        ['error', 'finding', 'owner-deactivated opened', { type: 'owner', id: uuid(0xa) }, null, uuid(0xa), runId],
      ],
    );
  });

  test('shows names of tokens and of owners without what a terminal would obey', async (context) => {
    await using bench = await startAudited(context);
    const account = bench.people.ownerOf({ ...someToken(1), membershipId: uuid(0xa) });
    Object.assign(account, { active: false, displayName: `${red}Jane`, userName: `jane${red}@acme.example` });
    change(bench, uuid(1), { name: `${red}name` });
    await bench.completeAudit();
    const [renamed, deactivated, ...others] = findingLines(bench);
    assert.deepEqual(others, []);
    assert.equal(renamed?.tokenName, '⟨U+001B⟩[31mname');
    assert.deepEqual(renamed.detail, { before: 'token 1', after: '⟨U+001B⟩[31mname' });
    const { owner, tokens } = deactivated?.detail as OwnerFacts;
    assert.deepEqual(
      [owner.displayName, owner.userName, tokens[0]?.name],
      ['⟨U+001B⟩[31mJane', 'jane⟨U+001B⟩[31m@acme.example', '⟨U+001B⟩[31mname'],
    );
  });

  test('has no line for what is not told', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { membershipId: uuid(0xa) }), someToken(2)]);
    bench.people.ownerOf({ ...someToken(1), membershipId: uuid(0xa) }).active = false;
    await bench.completeAudit();
    bench.log.length = 0;
    revoke(bench, 1);
    await bench.completeAudit();
    assert.deepEqual(
      findingLines(bench).map(({ kind }) => kind),
      ['token-removed'],
    );
  });

  test('has none for a dry run', async (context) => {
    await using bench = await startAudited(context);
    revoke(bench, 1);
    await bench.completeAudit({ dryRun: true });
    assert.deepEqual(findingLines(bench), []);
  });
});
