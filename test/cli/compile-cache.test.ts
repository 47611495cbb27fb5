import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { version } from '../../src/version.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { program } from '../support/world.ts';

function outputWith(variables: Record<string, string>): string {
  const { stdout, stderr } = spawnSync(process.execPath, [program, '--version'], { env: variables, encoding: 'utf8' });
  return stdout + stderr;
}

/** Lets the program fill Node's default folder under this temporary folder, then replaces the code of main.ts there. */
function plant(temporary: string): string {
  const cache = join(temporary, 'node-compile-cache');
  outputWith({ NODE_COMPILE_CACHE: cache });
  const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) {
    const entry = readFileSync(join(parentPath, name));
    if (!entry.includes('await runCommandLine(')) continue;
    const code = Buffer.from("console.log('planted');");
    // The header has five numbers. The third is the size of the code, and the fifth its checksum.
    const header = entry.subarray(0, 20);
    header.writeUInt32LE(code.length, 8);
    header.writeUInt32LE(crc32(code), 16);
    writeFileSync(join(parentPath, name), Buffer.concat([header, code]));
  }
  return cache;
}

test('code that another account planted in the shared temporary folder never runs', (context: TestContext) => {
  const temporary = tempFolder(context);
  const cache = plant(temporary);
  assert.match(outputWith({ NODE_COMPILE_CACHE: cache }), /planted/, 'Node would run it');
  assert.equal(outputWith({ TMPDIR: temporary }), `${version}\n`);

  const empty = tempFolder(context);
  assert.equal(outputWith({ TMPDIR: empty }), `${version}\n`);
  assert.ok(!existsSync(join(empty, 'node-compile-cache')));
});
