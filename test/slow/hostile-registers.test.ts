import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRegister, readRegister } from '../../src/audit/read-register.ts';
import type { ReadRegister, RegisterRow } from '../../src/store/register.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { countSteps } from '../support/count-steps.ts';
import { hostileRegisters } from '../support/hostile-registers.ts';
import { type NaiveRow, readNaively } from '../support/naive-register.ts';
import { approval, lateDay, registerFile, registerHeader, type WrittenRow } from '../support/register-file.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { someKey, someTokens, uuid } from '../support/tokens.ts';
import { unseen } from '../support/unseen.ts';

/** `parseRegister` takes about 17 for each character of an ordinary register. */
const maxStepsPerByte = 40;
const stepsAtFirst = 20_000;

const tokens = [...someTokens(4), someKey(5), { ...someKey(6), id: 'abcdef00-0000-4000-8000-00000000000a' }];
const rows: WrittenRow[] = [
  { id: uuid(1), ...approval, purpose: 'nightly export', ticket: 'OPS-12', review_by: '2027-01-31' },
  { id: uuid(2), ...approval, review_by: '2026-02-01' },
  { id: uuid(3), responsible: 'Ann' },
  { id: uuid(5), decision: 'revoke', decided_by: 'Bob', decided_on: '2026-02-01' },
  { id: 'abcdef00-0000-4000-8000-00000000000a', ...approval },
  { id: uuid(77), ...approval },
];
const otherIds = [uuid(4), uuid(88), 'key_1', '__proto__', 'constructor', '..'];
const registers = hostileRegisters(rows, otherIds);

/** Returns a row in the words of the file. */
function wordsOf({ responsible, purpose, ticket, reviewBy, decision, decidedBy, decidedOn }: RegisterRow): NaiveRow {
  return {
    responsible,
    purpose,
    ticket,
    review_by: reviewBy ?? '',
    decision: decision ?? '',
    decided_by: decidedBy,
    decided_on: decidedOn ?? '',
  };
}

/** Asserts that what was read is what a naive reader finds, or that the reason against it can be acted upon. */
function check(file: Buffer, register: ReadRegister): void {
  assert.notEqual(register.kind, 'none');
  if (register.kind === 'read') {
    const found = [...register.rows].map(([id, row]) => [id, wordsOf(row)] as const);
    assert.deepEqual(new Map(found), readNaively(file));
  } else if (register.kind === 'broken') {
    const [, line] =
      /^TOKEN_REGISTER_FILE(?:, line (\d+))?: \S/.exec(register.problem) ?? assert.fail(register.problem);
    const lineCount = file.toString().split(/\r\n|\r|\n/).length;
    assert.ok(line === undefined || (Number(line) >= 1 && Number(line) <= lineCount), `${line} of ${lineCount} lines`);
    assert.match(register.hint, /^[A-Z]\w+ /);
    assert.doesNotMatch(register.problem, unseen);
    assert.ok(register.problem.length <= 450, register.problem);
  }
}

test('a thousand damaged registers are read as they are written, or refused with a line, and never take long', (context) => {
  using counter = countSteps(/\/src\/|\/csv-parse\//);
  const path = join(tempFolder(context), 'register.csv');
  const counts = { none: 0, read: 0, broken: 0 };
  const problems = new Set<string>();
  fc.assert(
    fc.property(registers, fc.constantFrom('UTC', 'Pacific/Apia', 'America/New_York'), (file, timeZone) => {
      writeFileSync(path, file);
      const register = readRegister(path, timeZone, lateDay);
      const steps = counter.steps();
      assert.ok(steps > 0 && steps <= stepsAtFirst + maxStepsPerByte * file.length, `${steps} steps`);
      check(file, register);
      counts[register.kind] += 1;
      if (register.kind === 'broken') problems.add(register.problem.replaceAll(/"(?:\\.|[^"\\])*"|\d+/g, ''));
    }),
    { numRuns: 1000 },
  );
  // The draw must have found both kinds of files, and many kinds of problems.
  assert.ok(counts.read > 200 && counts.broken > 200 && problems.size > 12, JSON.stringify([counts, [...problems]]));
});

/** Returns what no wrong file may change. */
function decisions({ rows }: AuditBench): unknown {
  return [rows('SELECT * FROM register_versions'), rows('SELECT * FROM conditions')];
}

/** Returns the rows that count now and are in the file, in its words. */
function storedRows({ rows }: AuditBench): [id: string, row: unknown][] {
  const columns = 'responsible, purpose, ticket, review_by, decision, decided_by, decided_on';
  const current = `SELECT token_id, ${columns} FROM register_versions WHERE last_run_id IS NULL AND is_vanished = 0`;
  return rows(current).map(({ token_id: id, ...row }) => {
    const words = Object.entries(row).map(([name, value]) => [name, value ?? '']);
    return [String(id), Object.fromEntries(words)];
  });
}

test('an audit completes whatever the register says, and a wrong one changes no decision', async (context) => {
  await using bench = await startAuditBench(context, tokens);
  const path = join(tempFolder(context), 'register.csv');
  bench.deps.readRegister = () => readRegister(path, 'UTC', lateDay);
  const auditWith = async (file: string | Buffer): Promise<number> => {
    writeFileSync(path, file);
    bench.clock.advance(60_000);
    return (await bench.completeAudit()).runId;
  };
  const counts = { none: 0, read: 0, broken: 0 };
  await fc.assert(
    fc.asyncProperty(registers, async (file) => {
      await auditWith(registerFile(...rows));
      const before = decisions(bench);
      const runId = await auditWith(file);
      const register = readRegister(path, 'UTC', lateDay);
      counts[register.kind] += 1;
      const [run] = bench.rows(`SELECT register_state, register_problem FROM runs WHERE id = ${runId}`);
      if (register.kind === 'broken') {
        assert.deepEqual(run, { register_state: 'kept', register_problem: register.problem });
        assert.deepEqual(decisions(bench), before);
        assert.deepEqual(bench.rows(`SELECT kind FROM findings WHERE run_id = ${runId}`), []);
        const warning = bench.log.findLast(({ msg }) => msg.startsWith('the register is wrong'));
        assert.deepEqual([warning?.runId, warning?.problem], [runId, register.problem]);
      } else {
        assert.deepEqual(run, { register_state: 'read', register_problem: null });
        assert.deepEqual(new Map(storedRows(bench)), readNaively(file));
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
  assert.ok(counts.read > 10 && counts.broken > 10, JSON.stringify(counts));
});

const manyRows = (count: number): string =>
  `${registerHeader}\n${Array.from({ length: count }, (_, index) => `k${index},,,,,,,,,,,\n`).join('')}`;
const tooLarge: [what: string, text: string, problem: string, maxSteps: number][] = [
  ['commas in one line', ','.repeat(4_000_000), ', line 1: it is longer than 100000 characters', 1000],
  [
    'commas after a good first line',
    `${registerHeader}\n${','.repeat(4_000_000)}`,
    ', line 2: it is longer than 100000 characters',
    1000,
  ],
  ['a million lines without columns', 'a\n'.repeat(1_000_000), ', line 1: the column id is missing', 1_100_000],
  ['more rows than are allowed', manyRows(400_000), ': it has more than 200000 rows', 50_000_000],
];
for (const [what, text, problem, maxSteps] of tooLarge) {
  test(`a register with ${what} is refused before all of it is read`, () => {
    using counter = countSteps(/\/src\/|\/csv-parse\//);
    const register = parseRegister(text, 'UTC', lateDay);
    const steps = counter.steps();
    assert.equal(register.kind === 'broken' && register.problem, `TOKEN_REGISTER_FILE${problem}`);
    assert.ok(steps > 0 && steps <= maxSteps, `${steps} steps`);
  });
}

test('as many rows as allowed are read', () => {
  const register = parseRegister(manyRows(200_000), 'UTC', lateDay);
  assert.equal(register.kind === 'read' && register.rows.size, 200_000);
});

test('a register with many review dates creates its time zone once, because thousands of them fill the memory', () => {
  using counter = countSteps(/\/time\/zone\.ts$/, /^createZone$/);
  const day = (index: number): string => new Date(Date.UTC(2000, 0, 1 + index)).toISOString().slice(0, 10);
  const dated = Array.from({ length: 3000 }, (_, index) => ({ id: `k${index}`, review_by: day(index) }));
  assert.equal(parseRegister(registerFile(...dated), 'Europe/Berlin', lateDay).kind, 'read');
  assert.equal(counter.steps(), 1);
});
