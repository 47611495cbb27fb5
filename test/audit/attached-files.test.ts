import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Attachment } from '../../src/mail/message.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, poisoned, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, keyOfAge, revoke, short } from '../support/audit-looks.ts';
import { inject } from '../support/omni-faults.ts';
import { parseCsv } from '../support/parse-csv.ts';
import { range } from '../support/range.ts';
import { someToken, someTokens, uuid } from '../support/tokens.ts';

async function startBench(
  context: TestContext,
  tokens: Token[],
  policy: Partial<AuditBench['deps']['policy']> = {},
): Promise<AuditBench> {
  const bench = await startAuditBench(context, tokens);
  bench.deps = {
    context: { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co', hasAttachments: true },
    policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 0, ...policy },
  };
  return bench;
}

/** One audit, a day after the one before: its mails, each with its files. */
async function mailed(bench: AuditBench): Promise<[kind: string, files: Attachment[]][]> {
  bench.clock.advance(msPerDay);
  const { runId } = await bench.audit();
  return bench.rows(`SELECT id, kind FROM messages WHERE run_id = ${runId} ORDER BY id`).map(({ id, kind }) => [
    String(kind),
    bench.rows(`SELECT file_name, content FROM attachments WHERE message_id = ${id} ORDER BY id`).map((row) => ({
      fileName: String(row.file_name),
      content: String(row.content),
    })),
  ]);
}

/** The rows of a file in short: of a finding the kind and so on, of a token its number. */
function linesOf({ fileName, content }: Attachment): string[] {
  const [headings = [], ...rows] = parseCsv(content.slice(1));
  const cell = (row: string[], heading: string): string => row[headings.indexOf(heading)] ?? '';
  const id = (row: string[]): string => short(cell(row, 'token id'));
  if (fileName === 'tokens.csv') return rows.map(id);
  return rows.map((row) => [cell(row, 'kind'), cell(row, 'transition'), cell(row, 'severity'), id(row)].join(' '));
}

/** The first of these, more often than a file has rows. */
function* tooMany<T>(rows: Iterable<T>): Generator<T> {
  for (const row of rows) for (let count = 0; count <= 10_000; count += 1) yield row;
}

/** Of the mails of one audit, what went with each. */
async function filesOf(bench: AuditBench): Promise<Record<string, [name: string, lines: string[]][]>> {
  const mails = await mailed(bench);
  return Object.fromEntries(mails.map(([kind, files]) => [kind, files.map((file) => [file.fileName, linesOf(file)])]));
}

describe('the file of a mail', () => {
  test('has what the baseline told, and what a digest told: events, openings and good news', async (context) => {
    await using bench = await startBench(context, [keyOfAge(1, 100), keyOfAge(2, 200), someToken(3)]);
    assert.deepEqual(await filesOf(bench), {
      baseline: [['findings.csv', ['token-stale opened medium 2', 'token-stale opened low 1']]],
    });
    change(bench, uuid(1), { createdAt: daysAgo(1) });
    change(bench, uuid(3), { name: 'another name' });
    assert.deepEqual(await filesOf(bench), {
      digest: [
        [
          'findings.csv',
          ['token-identity-changed event critical 1', 'token-renamed event low 3', 'token-stale resolved info 1'],
        ],
      ],
    });
  });

  test('has all findings, however many the mail shows', async (context) => {
    await using bench = await startBench(context, [someToken(1)]);
    await mailed(bench);
    bench.omni.organisation.tokens.push(...range(2, 601).map((number) => ({ ...someToken(number) })));
    const { digest } = await filesOf(bench);
    assert.deepEqual(
      digest?.[0]?.[1],
      range(2, 601).map((number) => `token-created event medium ${short(uuid(number))}`),
    );
  });

  test('has, with a summary, all that stands and nobody acknowledged', async (context) => {
    const keys = range(1, 60).map((number) => keyOfAge(number, 100));
    await using bench = await startBench(context, [...keys, someToken(99)], { reminderDays: 2 });
    await mailed(bench);
    acknowledge(bench, uuid(7));
    assert.deepEqual(await filesOf(bench), { digest: [] });
    const { summary } = await filesOf(bench);
    const standing = range(1, 60)
      .filter((number) => number !== 7)
      .toReversed();
    assert.deepEqual(summary, [
      ['findings.csv', standing.map((number) => `token-stale opened low ${short(uuid(number))}`)],
    ]);
  });

  test('has, with the inventory, all tokens', async (context) => {
    await using bench = await startBench(context, someTokens(60), { reminderDays: 1, inventoryDays: 1 });
    await mailed(bench);
    const all = range(1, 60).map((number) => short(uuid(number)));
    assert.deepEqual(await filesOf(bench), { inventory: [['tokens.csv', all]] });
    revoke(bench, 1);
    assert.deepEqual(await filesOf(bench), {
      digest: [['findings.csv', ['token-removed event info 1']]],
      inventory: [['tokens.csv', all.slice(1)]],
    });
  });

  test('counts days up to its run, and names the command that lists all of it where rows are left out', async (context) => {
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
    const files: string[] = [];
    for (let day = 1; day <= 3; day += 1) {
      for (const [, [file]] of await mailed(bench)) files.push(file?.content ?? '');
    }
    const lastLines = files.map((content) => content.trimEnd().split('\r\n').at(-1) ?? '');
    const commands = lastLines.map(
      (line) => /^only the first 10000 rows .*: (omni-token-audit [^,"]*)/.exec(line)?.[1],
    );
    assert.deepEqual(commands, [
      'omni-token-audit findings --run 1 --format csv',
      'omni-token-audit findings --open --format csv',
      'omni-token-audit tokens --run 3 --format csv',
    ]);
    const ages = files.map((content) => /,[-\d]{10}T[\d:.]{12}Z,(\d+),/.exec(content)?.[1]);
    assert.deepEqual(ages, ['101', '102', '103']);
  });

  test('is a CSV in the outbox, with names as Omni has them and owners as of the run', async (context) => {
    const jane = uuid(0xa);
    const laptop = someToken(1, { name: '=größer, "中文"\n', type: 'service', membershipId: jane });
    await using bench = await startBench(context, [laptop, someToken(2, { membershipId: null })], { inventoryDays: 1 });
    const account = bench.people.ownerOf({ ...laptop });
    Object.assign(account, { displayName: 'Jane Doe', userName: 'jane@acme.example', active: false });
    await mailed(bench);
    account.displayName = 'Jane Roe';
    await mailed(bench);

    const [baseline, inventory] = bench.rows('SELECT content FROM attachments ORDER BY id');
    const held = `${uuid(1)},"'=größer, ""中文""\n",service`;
    const owner = (name: string) => `${jane},${name},jane@acme.example,deactivated`;
    assert.equal(
      baseline?.content,
      [
        '\ufeffseverity,kind,transition,detail,token id,name,type,enabled,created,days,membership,owner,user name,account',
        `critical,owner-deactivated,opened,holds 1 token,${held},true,2026-01-01T00:00:01.000Z,60,${owner('Jane Doe')}`,
        `medium,token-type-unknown,opened,,${held},,2026-01-01T00:00:01.000Z,60,${owner('Jane Doe')}`,
        '',
      ].join('\r\n'),
    );
    assert.equal(
      inventory?.content,
      [
        '\ufefftoken id,name,type,enabled,created,days,membership,owner,user name,account',
        `${held},true,2026-01-01T00:00:01.000Z,61,${owner('Jane Roe')}`,
        `${uuid(2)},token 2,personal,true,2026-01-01T00:00:02.000Z,61,,,,`,
        '',
      ].join('\r\n'),
    );
  });
});

describe('no file goes with a mail', () => {
  test('where files are not wanted', async (context) => {
    await using bench = await startBench(context, [keyOfAge(1, 100), someToken(2)], {
      reminderDays: 1,
      inventoryDays: 3,
    });
    bench.deps.context = { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co', hasAttachments: false };
    const mails = [await mailed(bench)];
    revoke(bench, 2);
    for (let day = 2; day <= 4; day += 1) mails.push(await mailed(bench));
    assert.deepEqual(mails.flat(), [
      ['baseline', []],
      ['digest', []],
      ['summary', []],
      ['summary', []],
      ['inventory', []],
    ]);
    assert.deepEqual(
      bench.log.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('where it would be empty: nothing found, nothing that stands, an acknowledgement alone', async (context) => {
    await using bench = await startBench(context, someTokens(3), { digestWhen: 'always', reminderDays: 2 });
    assert.deepEqual(await filesOf(bench), { baseline: [] });
    assert.deepEqual(await filesOf(bench), { digest: [] });
    assert.deepEqual(await filesOf(bench), { summary: [] });
    change(bench, uuid(1), { type: 'service' });
    await mailed(bench);
    acknowledge(bench, uuid(1));
    const { digest } = await filesOf(bench);
    assert.deepEqual(digest, []);
  });

  test('about an audit that fails, or that works again', async (context) => {
    await using bench = await startBench(context, [keyOfAge(1, 100)]);
    await mailed(bench);
    inject(bench.omni, { status: 401 });
    assert.deepEqual(await mailed(bench), [['failing', []]]);
    bench.omni.intercept = undefined;
    assert.deepEqual(await mailed(bench), [['recovered', []]]);
  });
});

/** A store whose findings of a run fail where the file of its mail is made, and not for the log afterwards. */
function withPoisonedFindings({ store }: AuditBench): AuditBench['store'] {
  let hasFailed = false;
  return {
    ...store,
    findings: {
      ...store.findings,
      *reportedBy(runId) {
        if (!hasFailed) {
          hasFailed = true;
          poisoned();
        }
        yield* store.findings.reportedBy(runId);
      },
    },
  };
}

describe('a file that cannot be made', () => {
  test('leaves the mail without it, which is an error in the log and none of the audit', async (context) => {
    await using bench = await startBench(context, [keyOfAge(1, 100), someToken(2)], {
      reminderDays: 1,
      inventoryDays: 2,
    });
    const { history } = bench.store;
    let reads = 0;
    bench.deps.store = {
      ...withPoisonedFindings(bench),
      history: {
        ...history,
        // The summary itself reads them first.
        openFindings: (now) => (++reads === 2 ? poisoned() : history.openFindings(now)),
        ownedTokens: poisoned,
      },
    };
    const kinds = ['baseline', 'summary', 'inventory'];
    for (const kind of kinds) assert.deepEqual(await mailed(bench), [[kind, []]]);
    assert.deepEqual(
      bench.rows('SELECT status FROM runs').map(({ status }) => status),
      kinds.map(() => 'complete'),
    );
    for (const { subject } of bench.store.outbox.list()) assert.doesNotMatch(subject, /plain form/);
    assert.deepEqual(
      bench.log.filter(({ level }) => level === 'error').map(({ msg, runId }) => [msg, runId]),
      [1, 2, 3].map((runId) => ['the file of a mail could not be made; the mail goes without it', runId]),
    );
  });

  test('costs only the mail that it belongs to its file', async (context) => {
    await using bench = await startBench(context, someTokens(3), { inventoryDays: 1 });
    bench.deps.store = { ...bench.store, history: { ...bench.store.history, ownedTokens: poisoned } };
    await mailed(bench);
    revoke(bench, 1);
    assert.deepEqual(await filesOf(bench), {
      digest: [['findings.csv', ['token-removed event info 1']]],
      inventory: [],
    });
  });
});
