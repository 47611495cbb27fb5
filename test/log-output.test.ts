import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { openLogOutput } from '../src/log-output.ts';
import { tempFolder } from './support/temp-folder.ts';

/** Opens a pipe that nobody reads unless the test does. A write to it blocks when it is full. */
function openPipe(context: TestContext): { fd: number; readAll(): string; closeReader(): void } {
  const path = join(tempFolder(context), 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, 'w');
  context.after(() => closeSync(fd));
  return {
    fd,
    readAll() {
      const buffer = Buffer.alloc(1024 * 1024);
      return buffer.toString('utf8', 0, readSync(reader, buffer));
    },
    closeReader: () => closeSync(reader),
  };
}

describe('the output of the log', () => {
  test('writes lines to a file, after what is there', (context) => {
    const path = join(tempFolder(context), 'log');
    for (const line of ['one\n', 'two\n']) {
      const fd = openSync(path, 'a');
      assert.equal(openLogOutput(fd).write(line), true);
      closeSync(fd);
    }
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  });

  test('loses lines while the disk is full, and gives the reason once', (context) => {
    const fd = openSync('/dev/full', 'w');
    context.after(() => closeSync(fd));
    const problems: string[] = [];
    const output = openLogOutput(fd, { onFirstLoss: (problem) => problems.push(problem) });
    assert.deepEqual([output.write('one\n'), output.write('two\n')], [false, false]);
    assert.deepEqual(problems, ['ENOSPC: no space left on device']);
  });

  test('loses lines when its reader has gone away', (context) => {
    const { fd, closeReader } = openPipe(context);
    const problems: string[] = [];
    const output = openLogOutput(fd, { onFirstLoss: (problem) => problems.push(problem) });
    assert.equal(output.write('one\n'), true);
    closeReader();
    assert.equal(output.write('two\n'), false);
    assert.deepEqual(problems, ['EPIPE: broken pipe']);
  });

  test('loses lines when its reader does not read, and says how many once it reads again', (context) => {
    const { fd, readAll } = openPipe(context);
    const problems: string[] = [];
    const output = openLogOutput(fd, { maxWaitMs: 20, onFirstLoss: (problem) => problems.push(problem) });
    assert.equal(output.write('one\n'), true);
    // A pipe holds 64 KB on Linux, so it takes a part of this line.
    assert.equal(output.write(`${'x'.repeat(1_000_000)}\n`), false);
    assert.equal(output.write('never seen\n'), false);
    assert.deepEqual(problems, ['EAGAIN: the reader is not reading']);
    assert.match(readAll(), /^one\nx+$/);

    assert.equal(output.write('two\n'), true);
    assert.equal(output.write('three\n'), true);
    const [end, notice = '', ...lines] = readAll().split('\n');
    assert.equal(end, '');
    const { time, ...entry } = JSON.parse(notice);
    assert.ok(!Number.isNaN(Date.parse(time)));
    assert.deepEqual(entry, { level: 'warn', name: 'omni-token-audit', lines: 2, msg: 'log lines were lost' });
    assert.deepEqual(lines, ['two', 'three', '']);
  });

  test('waits for a reader that is slow, but never longer in all than its patience', (context) => {
    const { fd } = openPipe(context);
    let nowMs = 0;
    let waits = 0;
    const clock = {
      now: () => new Date(0),
      monotonicMs() {
        waits += 1;
        return nowMs;
      },
    };
    const output = openLogOutput(fd, { maxWaitMs: 20, clock });
    while (output.write('x'.repeat(4096)));
    const waitsOfFirst = waits;
    assert.ok(waitsOfFirst > 1);
    output.write('x'.repeat(4096));
    assert.equal(waits, waitsOfFirst + 1);
    // A minute later it may wait for a short time again.
    nowMs += 60_000;
    output.write('x'.repeat(4096));
    assert.ok(waits > waitsOfFirst + 2);
  });
});
