import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, poisoned, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, keyOfAge, revoke, short } from '../support/audit-steps.ts';
import { parseCsv } from '../support/parse-csv.ts';
import { someToken, uuid } from '../support/tokens.ts';

const acme = { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co' };

async function startBench(
  context: TestContext,
  tokens: Token[],
  policy: Partial<AuditBench['deps']['policy']>,
): Promise<AuditBench> {
  const bench = await startAuditBench(context, tokens);
  bench.deps = {
    context: { ...acme, hasAttachments: true, timeZone: 'UTC' },
    policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 0, timeZone: 'UTC', ...policy },
  };
  return bench;
}

/** Runs an audit a day after the previous one. Returns its mails: their kinds, each with the rows of its file. */
async function mailsOfNextDay(bench: AuditBench): Promise<Record<string, string[] | null>> {
  bench.clock.advance(msPerDay);
  const { runId } = await bench.completeAudit();
  const mails = bench.rows(`SELECT m.kind, a.file_name AS fileName, a.content
                              FROM messages AS m LEFT JOIN attachments AS a ON a.message_id = m.id
                             WHERE m.run_id = ${runId} ORDER BY m.id`);
  return Object.fromEntries(
    mails.map(({ kind, content }) => [kind, content === null ? null : rowsOf(String(content))]),
  );
}

/** The rows of a file in short: a finding as `kind transition severity token`, a token as its number. */
function rowsOf(content: string): string[] {
  const [headings = [], ...rows] = parseCsv(content.slice(1));
  const columns = ['kind', 'transition', 'severity', 'token id'].map((heading) => headings.indexOf(heading));
  return rows.map((row) => short(columns.flatMap((column) => row[column] ?? []).join(' ')));
}

describe('the mails of an audit', () => {
  test('report findings and acknowledgements on their day, then what is open, then all tokens', async (context) => {
    const tokens = [keyOfAge(1, 100), keyOfAge(2, 200), keyOfAge(4, 100), someToken(3)];
    await using bench = await startBench(context, tokens, { reminderDays: 3, inventoryDays: 6 });
    const opened = ['token-stale opened medium 2', 'token-stale opened low 4', 'token-stale opened low 1'];
    assert.deepEqual(await mailsOfNextDay(bench), { baseline: opened });

    change(bench, uuid(1), { createdAt: daysAgo(1) });
    change(bench, uuid(3), { name: 'another name' });
    assert.deepEqual(await mailsOfNextDay(bench), {
      digest: ['token-identity-changed event critical 1', 'token-renamed event low 3', 'token-stale resolved info 1'],
    });
    acknowledge(bench, uuid(2));
    assert.deepEqual(await mailsOfNextDay(bench), { digest: null });
    assert.deepEqual(await mailsOfNextDay(bench), { summary: ['token-stale opened low 4'] });
    assert.deepEqual(await mailsOfNextDay(bench), {});
    acknowledge(bench, uuid(4));
    assert.deepEqual(await mailsOfNextDay(bench), { digest: null });

    revoke(bench, 3);
    assert.deepEqual(await mailsOfNextDay(bench), {
      digest: ['token-removed event info 3'],
      inventory: ['2', '4', '1'],
    });
    const [inventory] = bench.rows("SELECT body_text AS text FROM messages WHERE kind = 'inventory'");
    assert.match(String(inventory?.text), /\(2 acknowledged\)/);
    assert.match(String(inventory?.text), /organization \(3\)/);
    assert.doesNotMatch(String(inventory?.text), /personal/);

    bench.deps.context = { ...acme, hasAttachments: false, timeZone: 'UTC' };
    revoke(bench, 1);
    assert.deepEqual(await mailsOfNextDay(bench), { digest: null });
    bench.deps.context = { ...acme, hasAttachments: true, timeZone: 'UTC' };
    assert.deepEqual(await mailsOfNextDay(bench), {});
    assert.deepEqual(await mailsOfNextDay(bench), { summary: null });
  });

  test('have files that count ages up to the run and name the command that lists what they leave out', async (context) => {
    await using bench = await startBench(context, [keyOfAge(1, 100)], { reminderDays: 1, inventoryDays: 2 });
    const { findings, history } = bench.store;
    bench.deps.store = {
      ...bench.store,
      findings: { ...findings, reportedBy: (runId) => tooMany(findings.reportedBy(runId)) },
      history: {
        ...history,
        openFindings: (now) => tooMany(history.openFindings(now)),
        ownedTokens: (runId) => tooMany(history.ownedTokens(runId)),
      },
    };
    for (let day = 1; day <= 3; day += 1) await mailsOfNextDay(bench);
    const files = bench.rows('SELECT content FROM attachments ORDER BY id').map(({ content }) => String(content));
    assert.deepEqual(
      files.map((file) => /,[-\d]{10}T[\d:.]{12}Z,(\d+),/.exec(file)?.[1]),
      ['101', '102', '103'],
    );
    assert.deepEqual(
      files.map((file) => /only the first 10000 rows .*: omni-token-audit ([^,"]*)/.exec(file)?.[1]?.trim()),
      ['findings --run 1 --format csv', 'findings --open --format csv', 'tokens --run 3 --format csv'],
    );
  });

  test('go out without a file that cannot be made', async (context) => {
    await using bench = await startBench(context, [keyOfAge(1, 100), someToken(2)], { inventoryDays: 1 });
    bench.deps.store = { ...bench.store, history: { ...bench.store.history, ownedTokens: poisoned } };
    await mailsOfNextDay(bench);
    revoke(bench, 2);
    assert.deepEqual(await mailsOfNextDay(bench), { digest: ['token-removed event info 2'], inventory: null });
    assert.deepEqual(
      bench.log.filter(({ level }) => level === 'error').map(({ msg, runId }) => [msg, runId]),
      [['the attachment could not be created; sending the mail without it', 2]],
    );
  });
});

/** Returns the first item, repeated more often than a file has rows. */
function* tooMany<T>(rows: Iterable<T>): Generator<T> {
  for (const row of rows) for (let count = 0; count <= 10_000; count += 1) yield row;
}
