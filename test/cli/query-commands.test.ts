import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { type Answer, ask } from '../support/ask.ts';
import { createHistoryStory } from '../support/history-story.ts';
import { minutesPerDay } from '../support/spans.ts';
import { createUnattended, createWatchedWorld, failOmni } from '../support/unattended.ts';
import { createWorld, parseMail } from '../support/world.ts';

const { unattended, jane, joe, report, removed, day } = await createHistoryStory();
const { world } = unattended;
after(() => unattended[Symbol.asyncDispose]());

async function run(...line: string[]): Promise<Answer> {
  const answer = await ask(world, line);
  assert.equal(answer.code, 0, answer.stderr);
  return answer;
}

// biome-ignore lint/suspicious/noExplicitAny: commands answer in many shapes
async function query(...line: string[]): Promise<any> {
  return (await run(...line, '--format', 'json')).json();
}

/** Returns one field of every row. */
async function column(field: string, line: string): Promise<unknown[]> {
  const rows: Record<string, unknown>[] = await query(...line.split(' '));
  return rows.map((row) => row[field]);
}

describe('a filter', () => {
  const filters: [line: string, field: string, expected: unknown[]][] = [
    ['tokens --owner jane@acme.example', 'name', ['old grant', 'dashboard']],
    [`tokens --owner ${jane} --run 2`, 'name', ['old grant', 'board report 2']],
    [`tokens --owner ${jane.slice(0, 8)} --limit 1`, 'name', ['old grant']],
    ['tokens --stale', 'name', ['old grant']],
    ['tokens --type mcp', 'name', ['old grant', 'mcp 2']],
    [`tokens --owner jane --at ${day(1)}`, 'name', ['old grant', 'board report']],
    ['findings --kind token-renamed', 'runId', [2]],
    ['findings --run 2', 'kind', ['token-renamed']],
    ['findings --severity critical --limit 1', 'kind', ['token-identity-changed']],
    [`findings --owner ${joe} --kind token-removed`, 'runId', [6]],
    ['findings --open', 'tokenName', ['old grant']],
    [`findings --open --at ${day(5)}`, 'kind', ['token-stale']],
    [`findings --kind token-removed --at ${day(5)}`, 'runId', []],
    [`findings --kind token-created --since ${day(4)} --until ${day(4)}`, 'runId', [4]],
    [`findings --kind token-created --since ${day(5)}`, 'runId', []],
    [`findings --kind token-created --until ${day(3)}`, 'runId', []],
    [`runs --since ${day(3)} --until ${day(5)}`, 'id', [5, 4, 3]],
    [`runs --since ${day(5)} --until ${day(5)}`, 'ownersKnown', [false]],
    [`runs --since ${day(6, 1)} --until ${day(6, 1)}`, 'id', []],
    ['runs --limit 2', 'id', [8, 7]],
    ['runs --status failed', 'id', [8]],
    ['mail --run 2', 'runId', [2, 2]],
    ['mail --run 3 --limit 1', 'runId', [3]],
  ];
  for (const [line, field, expected] of filters) {
    test(line, async () => assert.deepEqual(await column(field, line), expected));
  }
});

describe('the history of a token or an account', () => {
  test('begins with the token, and names the mail that reported each change', async () => {
    const entries: Record<string, unknown>[] = await query('history', report.id.slice(0, 13));
    assert.deepEqual(
      entries.map(({ runId, kind, before, after: now, mailId }) => [runId, kind, before, now, mailId !== null]),
      [
        [1, 'first-seen', null, 'board report', false],
        [2, 'token-renamed', 'board report', 'board report 2', true],
        [3, 'token-identity-changed', jane, joe, true],
      ],
    );
    const { stdout } = await run('history', report.id);
    assert.match(stdout, /Token identity changed: owner "jane" \(jane@acme\.example\) → "joe" \(joe@acme\.example\)/);
    assert.match(stdout, /REPORTED IN[\s\S]* mail 2\n/);
  });

  test('has the tokens of an account for as long as the account owned them', async () => {
    const kinds = async (owner: string, tokenId: string): Promise<string[]> =>
      (await query('history', '--owner', owner))
        .filter(({ subject }: { subject: { id: string } }) => subject.id === tokenId)
        .map(({ kind }: { kind: string }) => kind);
    assert.deepEqual(await kinds(jane, report.id), ['first-seen', 'token-renamed', 'token-identity-changed']);
    assert.deepEqual(await kinds('JOE@acme.example', report.id), ['token-identity-changed']);
    assert.deepEqual(await kinds('joe', removed.id), ['first-seen', 'token-removed']);
  });
});

describe('diff', () => {
  test('lists what changed between two days or two runs', async () => {
    const differences: Record<string, unknown>[] = await query('diff', day(2), day(6));
    const lines = differences.map(({ kind, tokenName }) => `${kind} ${tokenName}`);
    assert.deepEqual(lines.toSorted(), [
      'token-created dashboard',
      'token-identity-changed board report 2',
      'token-removed short job',
    ]);
    assert.deepEqual(await query('diff', '2', '6'), differences);
    const { stdout } = await run('diff', '2', '3');
    assert.match(stdout, /"jane" \(jane@acme\.example\) → "joe" \(joe@acme\.example\)/);
  });

  test('finds nothing between a run and itself, and refuses to compare days between which no audit completed', async () => {
    assert.equal((await run('diff', '4', '4')).stdout, 'Nothing changed.\n');
    const { code, stderr } = await ask(world, ['diff', day(6), day(6, 1)]);
    assert.equal(code, 2);
    assert.match(stderr, /no audit completed between \S+ and \S+: .* run 6/);
  });
});

describe('a mail', () => {
  test('is shown as it was sent, with the status of its deliveries', async () => {
    const [mail] = await query('mail', '--run', '3');
    assert.deepEqual(Object.keys(mail), 'id kind runId messageId subject createdAt deliveries'.split(' '));
    assert.deepEqual(
      Object.keys(mail.deliveries[0]),
      'recipient status attempts nextAttemptAt sentAt lastError discardReason'.split(' '),
    );
    const sent = await Promise.all(world.inbox.mails.map(parseMail));
    const received = sent.find(({ messageId }) => messageId === mail.messageId);
    const { stdout } = await run('mail', '--show', String(mail.id));
    assert.ok(stdout.startsWith(`Subject: ${mail.subject}\n`));
    assert.match(stdout, /^To: security@acme\.example \(sent: \d{4}-/m);
    assert.equal(stdout.slice(stdout.indexOf('\n\n') + 2).trimEnd(), received?.text?.trimEnd());
  });

  test('is previewed as it was received, as text and in an HTML file that only its owner can read', async () => {
    const sent = await Promise.all(world.inbox.mails.map(parseMail));
    const received = sent.find(({ subject }) => subject?.includes('renamed'));
    assert.equal((await run('preview', '--run', '2')).stdout, `Subject: ${received?.subject}\n\n${received?.text}`);
    const file = join(world.folder, 'mail.html');
    assert.equal((await run('preview', '--run', '2', '--html', file)).stdout, `Wrote the mail of run 2 to ${file}\n`);
    assert.equal(readFileSync(file, 'utf8').trim(), String(received?.html).trim());
    assert.equal(statSync(file).mode & 0o077, 0);
  });
});

test('status shows what is open, what failed and what comes next, as text and as JSON', async () => {
  const { stdout } = await run('status');
  assert.match(stdout, /last audit +8, \S+Z, failed: .*404/);
  assert.match(stdout, /last completed audit +7, /);
  assert.match(stdout, /tokens +6: 3 personal, 2 mcp, 1 organization\n/);
  assert.match(stdout, /open findings +1 low\n/);
  assert.match(stdout, /next audit +\d{4}-\d\d-\d\dT\S+Z\n/);
  assert.match(stdout, /fields +.*this version does not recognise: scopes\n/);
  assert.match(stdout, /mail +0 waiting, 0 parked\n/);
  assert.match(stdout, /health +healthy\n/);
  const status = await query('status');
  assert.equal(status.organisation, world.omni.baseUrl);
  assert.deepEqual([status.lastAudit.runId, status.lastAudit.status], [8, 'failed']);
  assert.deepEqual([status.lastCompleteAudit.runId, status.lastCompleteAudit.tokenCount], [7, 6]);
  assert.deepEqual([status.openFindings.low, status.ownersProblem], [1, null]);
  assert.deepEqual(status.mail, { pending: 0, parked: 0 });
  assert.ok(status.databaseBytes > 10_000);
});

for (const command of ['runs', 'tokens', 'findings', 'mail']) {
  test(`${command} has the same columns and lines as a table and as a CSV`, async () => {
    const csv = (await run(command, '--format', 'csv')).stdout.split('\r\n');
    const table = (await run(command)).stdout.split('\n');
    assert.equal(table.length, csv.length);
    assert.deepEqual(table[0]?.split(/ {2,}/).join(',').toLowerCase(), csv[0]);
  });
}

describe('a question without an answer is refused, and the message says why:', () => {
  const questions: [line: string, message: RegExp][] = [
    ['history no-such-token', /"no-such-token": no audit has seen a token/],
    ['history feed', /"feed" matches several.*\n {2}Type more.*:\n {4}token feedbeef-.*1\n {4}token feedbeef-.*2/],
    ['history', /TOKEN-ID is missing/],
    ['history --owner nobody', /"nobody": no account with this name or id has ever owned a token/],
    ['history --owner=', /--owner is empty/],
    [
      'tokens --owner jan',
      /"jan": no account with this name or id has ever owned a token\n {2}Use a user name.*owners\.\n/,
    ],
    [
      'tokens --at 2001-01-01',
      /no audit had completed by then\n {2}Use 20.* or later: the oldest snapshot is from run 1\n/,
    ],
    ['tokens --at 2999-01-01', /--at 2999-01-01: this is in the future/],
    ['tokens --at 2026-02-30', /"2026-02-30": there is no such day/],
    ['tokens --at 2026-03-03T12:00', /add a time zone, as in 2026-03-03T12:00Z or/],
    ['tokens --at yesterday', /--at "yesterday": use a day such as 2026-03-03, or a time such as/],
    ['tokens --run 1 --at 2026-01-01', /--run and --at cannot be combined/],
    ['tokens --run 99', /--run 99: there is no such run/],
    ['tokens --run 8', /--run 8: that run did not complete \(status: failed\).*\n {2}Use run 7, the last one/],
    ['tokens --type organisation', /no audit has seen a token of that type\n {2}Use one of organization, personal/],
    ['tokens --limit 0', /--limit "0": use a whole number of at least 1/],
    ['runs --since 2026-03-02 --until 2026-03-01', /--until 2026-03-01 is not later than --since 2026-03-02/],
    ['runs --status lost', /--status "lost": use one of running, complete, failed, interrupted/],
    ['findings --kind token-lost', /--kind "token-lost": use one of .*token-created/],
    ['findings --run 8', /--run 8: that run did not complete \(status: failed\)/],
    ['diff 1', /TO is missing/],
    ['diff 3 2', /3 is later than 2: put the earlier one first/],
    ['diff 1 99', /TO 99: there is no such run/],
    ['preview --run 8', /--run 8: that run did not complete \(status: failed\)/],
    [
      'preview --html missing/mail.html',
      /--html "missing\/mail\.html" cannot be written: ENOENT.*\n {2}Choose a new file name in an existing folder/,
    ],
    ['mail --show 999', /--show 999: there is no such message/],
  ];
  for (const [line, message] of questions) {
    test(line, async () => {
      const { code, stdout, stderr } = await ask(world, line.split(' '));
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});

test('a database without a completed run has nothing to list', async () => {
  await using empty = await createUnattended();
  failOmni(empty.world);
  await empty.audit();
  const output = async (...line: string[]): Promise<string> => (await ask(empty.world, line)).stdout;
  assert.equal(await output('tokens'), 'No audit has completed yet.\n');
  assert.equal(await output('tokens', '--format', 'json'), '[]\n');
  assert.match(await output('tokens', '--format', 'csv'), /^id,name,.*\r\n$/);
  assert.equal(await output('findings'), 'No findings.\n');
  assert.equal(await output('mail'), 'No mail.\n');
  assert.match((await ask(empty.world, ['preview'])).stderr, /no audit has completed yet\n {2}.*preview --sample/);
});

test('a run older than RETENTION_DAYS is refused with the reason, and younger runs are listed', async () => {
  await using pruned = await createUnattended({ env: { RETENTION_DAYS: '90' } });
  for (let month = 1; month <= 5; month += 1) {
    const [token] = pruned.world.tokens;
    assert.ok(token);
    token.name = `name of month ${month}`;
    await pruned.auditAfter(30 * minutesPerDay);
  }
  const { code, stderr } = await ask(pruned.world, ['tokens', '--run', '1']);
  assert.equal(code, 2);
  assert.match(stderr, /--run 1: .*RETENTION_DAYS.*\n {2}Use run 2 \(\d{4}-/);
  assert.match((await ask(pruned.world, ['tokens', '--run', '2'])).stdout, /name of month 2/);
  assert.match((await ask(pruned.world, ['status'])).stdout, /history +back to run 2, \d{4}-/);
});

test('the example records of Omni’s documentation are listed as Omni sends them', async () => {
  const fixture = new URL('../fixtures/docs-example.json', import.meta.url);
  const { tokens }: { tokens: SimulatedToken[] } = JSON.parse(readFileSync(fixture, 'utf8'));
  await using documented = await createWatchedWorld({ tokens });
  const listed: SimulatedToken[] = (await ask(documented, ['tokens', '--format', 'json'])).json();
  const sent = listed.map(({ id, name, type, enabled, createdAt, membershipId }) => {
    return { id, name, type, enabled, createdAt, membershipId };
  });
  assert.deepEqual(sent, tokens);
});

test('query commands need only DATABASE_PATH, and create no database', async () => {
  const { DATABASE_PATH } = world.env;
  await using empty = await createWorld();
  for (const command of ['runs', 'tokens', 'findings', 'mail', 'status', 'preview']) {
    assert.equal((await ask({ env: { DATABASE_PATH } }, [command])).code, 0, command);
    const { code, stderr } = await ask(empty, [command]);
    assert.equal(code, 2);
    assert.match(stderr, /there is no database at .*audit\.db\n {2}Run an audit first/);
  }
  assert.equal(statSync(empty.databasePath, { throwIfNoEntry: false }), undefined);
  // The sample needs no settings at all, so wrong ones do not matter.
  assert.equal((await ask({ env: { SMTP_PORT: 'no port' } }, ['preview', '--sample'])).code, 0);
});
