import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Answer, ask } from '../support/ask.ts';
import { liveFormula, parseCsv } from '../support/parse-csv.ts';
import { approval, registerFile, registerHeader, type WrittenRow } from '../support/register-file.ts';
import { newDatabase } from '../support/temp-folder.ts';
import { uuid } from '../support/tokens.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { unseenInLines } from '../support/unseen.ts';
import { createWorld, type World } from '../support/world.ts';
import { makeToken, manyTokens, tokenAt } from '../support/world-tokens.ts';

/** Writes the register that the commands of this world read from now on. */
function write(world: World, content: string): void {
  world.env.TOKEN_REGISTER_FILE = join(world.folder, 'register.csv');
  writeFileSync(world.env.TOKEN_REGISTER_FILE, content);
}

async function run(world: World, ...line: string[]): Promise<Answer> {
  const answer = await ask(world, line);
  assert.equal(answer.code, 0, answer.stderr);
  return answer;
}

/** Returns what a query command lists. */
async function list(world: World, ...line: string[]): Promise<Record<string, unknown>[]> {
  return (await run(world, ...line, '--format', 'json')).json();
}

/** Returns the printed rows without the columns that only help people to find a token. */
function printedRows({ stdout }: Answer): string[][] {
  const [header = [], ...rows] = parseCsv(stdout);
  assert.equal(header.join(','), registerHeader);
  return rows.map(([id = '', _name, _type, _owner, _created, ...said]) => [id, ...said]);
}

const nothing: string[] = Array(7).fill('');
const written = {
  responsible: 'Ann, "the key"',
  purpose: '=1+1',
  ticket: 'OPS-12',
  review_by: '2031-01-31',
  decision: 'revoke',
  decided_by: 'Bob',
  decided_on: '2026-02-01',
};
const said = Object.values(written).map((text) => text.replace(/^=/, "'="));

/** Returns the rows that must be printed: one for each token, empty unless `rows` has it. */
function rowsOf({ tokens }: World, rows: Record<string, string[]>): string[][] {
  return tokens.map(({ id }) => [id, ...(rows[id] ?? nothing)]);
}

describe('before an audit has read a register,', () => {
  let world: World;
  before(async () => {
    world = await createWatchedWorld({ tokens: manyTokens(3) });
  });
  after(() => world[Symbol.asyncDispose]());

  test('register prints every current token, oldest first', async () => {
    const { stdout, stderr } = await run(world, 'register');
    const rows = world.tokens.map((token) => {
      const owner = token.membershipId === null ? '' : world.people.ownerOf(token).userName;
      return [token.id, token.name, token.type, owner, token.createdAt, ...nothing];
    });
    assert.deepEqual([parseCsv(stdout).slice(1), stderr], [rows, '']);
  });

  test('register keeps what the file says, leaves out tokens that do not exist, and names them', async () => {
    const { id } = tokenAt(world, 1);
    write(world, registerFile({ id: uuid(7), ...written }, { id: id.toUpperCase(), ...written }, { id: 'gone' }));
    const answer = await run(world, 'register');
    assert.deepEqual(printedRows(answer), rowsOf(world, { [id]: said }));
    assert.equal(answer.stderr, `Left out 2 rows of tokens that do not exist:\n  ${uuid(7)}\n  gone\n`);
  });

  test('register, check and status say that the file is wrong, and where', async () => {
    write(world, registerFile({ id: 'a', decided_on: '2026-02-30' }));
    const problem = 'TOKEN_REGISTER_FILE, line 2: decided_on "2026-02-30" is not a day';
    const printed = await ask(world, ['register']);
    assert.equal(printed.code, 1);
    assert.deepEqual(printedRows(printed), rowsOf(world, {}));
    assert.ok(printed.stderr.startsWith(`${problem}\n  Use the form YYYY-MM-DD`), printed.stderr);
    const check = await ask(world, ['check']);
    assert.equal(check.code, 1);
    assert.ok(check.stdout.includes(`✗ register: ${problem}\n    Use the form YYYY-MM-DD`), check.stdout);
    await run(world, 'audit');
    assert.match((await run(world, 'status')).stdout, /^register +no audit has read a good one yet: .*, line 2: /m);
  });
});

describe('after an audit has read a register,', () => {
  let world: World;
  let first: string;
  let second: string;
  let rows: WrittenRow[];
  before(async () => {
    world = await createWatchedWorld({ tokens: manyTokens(3) });
    [first, second] = [tokenAt(world, 0).id, tokenAt(world, 1).id];
    rows = [{ id: first, ...written }, { id: second, ...approval }, { id: 'gone' }];
    write(world, registerFile(...rows));
    await run(world, 'audit');
  });
  after(() => world[Symbol.asyncDispose]());

  test('tokens, status and history say what is in it', async () => {
    const { review_by: reviewBy, decided_by: decidedBy, decided_on: decidedOn, ...others } = written;
    const tokens = await list(world, 'tokens');
    assert.deepEqual(tokens[0]?.register, { ...others, reviewBy, decidedBy, decidedOn, isVanished: false });
    assert.equal(tokens[2]?.register, null);
    assert.match((await run(world, 'status')).stdout, /^register +3 rows, 1 of them about tokens that do not exist$/m);
    const [change, ...more] = (await list(world, 'history', first)).filter(({ kind }) => kind === 'register-changed');
    assert.deepEqual([change?.runId, change?.before, more], [2, null, []]);
    assert.match(String(change?.after), /"Ann, \\"the key\\"" for "=1\+1".*; revoke, decided by "Bob" on 2026-02-01$/);
  });

  test('register prints this state while the file is wrong, or the shell has just emptied it', async () => {
    write(world, registerFile(...rows));
    const { stdout } = await run(world, 'register');
    assert.deepEqual(printedRows({ stdout } as Answer)[0], [first, ...said]);

    write(world, '');
    const emptied = await ask(world, ['register']);
    assert.equal(emptied.code, 1);
    assert.equal(emptied.stdout, stdout);
    const restore = 'Restore it from Git, or print it again with `omni-token-audit register`';
    const why = 'This is what the last audit that could read the register found.';
    assert.equal(emptied.stderr, `TOKEN_REGISTER_FILE: the file is empty\n  ${restore}\n  ${why}\n`);

    write(world, registerFile(...rows, ...rows));
    await run(world, 'audit');
    const doubled = await ask(world, ['register']);
    assert.deepEqual(
      [doubled.stdout, doubled.stderr.includes(`line 5: the id "${first}" is also on line 2`)],
      [stdout, true],
    );
    const [register] = (await run(world, 'status')).stdout.match(/^register .*/m) ?? [];
    assert.match(String(register), /3 rows, .*; its last good state counts: TOKEN_REGISTER_FILE, line 5: /);

    delete world.env.TOKEN_REGISTER_FILE;
    const unset = await run(world, 'register');
    assert.deepEqual([unset.stdout, unset.stderr], [stdout, '']);
  });

  test('register still prints a decision to revoke whose row vanished', async () => {
    write(world, registerFile());
    await run(world, 'audit');
    assert.deepEqual(printedRows(await run(world, 'register')), rowsOf(world, { [first]: said }));
  });
});

test('a printed register is accepted as it is and approves nothing', async () => {
  await using world = await createWatchedWorld({ tokens: manyTokens(3) });
  const openIds = async (): Promise<unknown[]> =>
    (await list(world, 'findings', '--open', '--kind', 'token-unregistered')).map(({ tokenId }) => tokenId).toSorted();
  const printed = (await run(world, 'register')).stdout;
  write(world, printed);
  assert.match((await run(world, 'check')).stdout, /^✓ register: 3 rows: 0 keep, 0 revoke, 3 without a decision$/m);
  await run(world, 'audit');
  assert.deepEqual(await openIds(), world.tokens.map(({ id }) => id).toSorted());

  const newToken = (number: number, membershipId: string | null): string => {
    const type = membershipId === null ? 'organization' : 'personal';
    world.tokens.push(makeToken(0, { id: uuid(number), type, membershipId }));
    return uuid(number);
  };
  const [personal, key, approved] = [newToken(1, uuid(900)), newToken(2, null), newToken(3, uuid(900))];
  const [, line = ''] = printed.split('\r\n');
  const [lineOfPersonal, lineOfKey] = [personal, key].map((id) => `${line.replace(/^[^,]+/, id)}\r\n`);
  const [, approving] = registerFile({ id: approved, ...approval }).split('\n');
  write(world, `${printed}${lineOfPersonal}${lineOfKey}${approving}`);
  await run(world, 'audit');
  const created = await list(world, 'findings', '--kind', 'token-created');
  assert.deepEqual(Object.fromEntries(created.map(({ tokenId, severity }) => [tokenId, severity])), {
    [personal]: 'medium',
    [key]: 'high',
    [approved]: 'info',
  });
  const unapproved = world.tokens.map(({ id }) => id).filter((id) => id !== approved);
  assert.deepEqual(await openIds(), unapproved.toSorted());
});

test('whatever tokens and owners are called, a printed register is harmless and can be read', async () => {
  const formula = '=HYPERLINK("http://x";"y")';
  const names = [formula, 'a\r\nb,"c', '\u202egnp', '\ud800', '\0', '\u200b'.repeat(60_000), "'@SUM(A1)"];
  const tokens = names.map((name, number) => {
    return makeToken(50 + number, { id: uuid(number), name, type: name.slice(0, 40), membershipId: uuid(99) });
  });
  await using world = await createWorld({ tokens });
  world.people.ownerOf(tokenAt(world, 0)).userName = '=1,"\u200b'.repeat(9000);
  await run(world, 'audit');
  const { stdout } = await run(world, 'register');
  assert.doesNotMatch(stdout.replaceAll('\r\n', '\n'), unseenInLines);
  const cells = parseCsv(stdout).flat();
  assert.deepEqual([cells.includes(`'${formula}`), cells.filter((cell) => liveFormula.test(cell))], [true, []]);
  write(world, stdout);
  await run(world, 'audit');
  const { register } = (await run(world, 'status', '--format', 'json')).json();
  assert.deepEqual(register, { state: 'read', rows: names.length, orphans: 0, problem: null });
});

test('register says so when no audit has completed', async (context) => {
  const { code, stdout, stderr } = await ask({ env: { DATABASE_PATH: newDatabase(context) } }, ['register']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /no tokens yet: no audit has completed\n {2}Run `omni-token-audit audit` first/);
});
