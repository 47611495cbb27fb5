import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { goOnWhenNobodyReads, writeAll } from '../../src/cli/standard-output.ts';

const kilobyte = 'x'.repeat(1000);

/** Ten thousand parts, ten megabytes, that count how many of them were asked for, and whether they were ended early. */
function countedParts() {
  const counted = { read: 0, wasEnded: false };
  function* parts(): Generator<string> {
    try {
      for (; counted.read < 10_000; counted.read += 1) yield kilobyte;
    } finally {
      counted.wasEnded = true;
    }
  }
  return { counted, parts: parts() };
}

function failing(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('it broke'), { code }));
    },
  });
}

describe('a long result', () => {
  test('arrives whole and in order', async () => {
    const output = new PassThrough();
    const [, arrived] = await Promise.all([
      writeAll(
        Array.from({ length: 5000 }, (_, number) => `${number}\n`),
        output,
      ).then(() => output.end()),
      text(output),
    ]);
    assert.equal(arrived, Array.from({ length: 5000 }, (_, number) => `${number}\n`).join(''));
  });

  test('is read no further than its reader takes it', async () => {
    const { counted, parts } = countedParts();
    let take: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      take = resolve;
    });
    let first: (() => void) | undefined;
    const reached = new Promise<void>((resolve) => {
      first = resolve;
    });
    const slow = new Writable({
      write(_chunk, _encoding, done) {
        first?.();
        void held.then(() => done());
      },
    });
    const written = writeAll(parts, slow);
    await reached;
    // All that is ready to go on does so now.
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    assert.ok(counted.read < 200, `${counted.read} parts`);
    take?.();
    await written;
    assert.equal(counted.read, 10_000);
  });

  test('ends early where nobody reads it any more, without an error', async () => {
    const { counted, parts } = countedParts();
    const output = failing('EPIPE');
    goOnWhenNobodyReads(output);
    await writeAll(parts, output);
    assert.ok(counted.wasEnded);
    assert.ok(counted.read < 200, `${counted.read} parts`);
  });

  test('that cannot be written for another reason says so', async () => {
    await assert.rejects(writeAll(countedParts().parts, failing('ENOSPC')), { code: 'ENOSPC' });
  });
});
