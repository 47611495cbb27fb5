import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openReadStore } from '../../src/stores.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { DoomedOptions, StatementDeath } from './support/doomed-process.ts';
import { isFull, tally } from './support/tally.ts';

const script = (name: string): string => fileURLToPath(new URL(`./support/${name}.ts`, import.meta.url));

/** Opens the database in a process that dies at a place, or survives. Returns the signal that killed it. */
async function open(path: string, death: StatementDeath | null): Promise<NodeJS.Signals | null> {
  const options: DoomedOptions = { clockAheadMs: 0, statementsFile: `${dirname(path)}/../statements.json`, death };
  const child = spawn(process.execPath, ['--import', script('doomed-process'), script('open-audit-store'), path], {
    env: { ...process.env, DOOMED_PROCESS: JSON.stringify(options) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  assert.ok(code === 0 || signal === 'SIGKILL', `code ${code}`);
  return signal;
}

function newPath(context: TestContext): string {
  return join(tempFolder(context), 'data', 'audit.db');
}

/** Returns every place at which the creation of a database can be killed. */
async function findPlaces(context: TestContext): Promise<StatementDeath[]> {
  const path = newPath(context);
  await open(path, null);
  const executions: [string, number][] = JSON.parse(readFileSync(`${dirname(path)}/../statements.json`, 'utf8'));
  return executions.flatMap(([sql, count]) =>
    Array.from({ length: count }, (_, index) => index + 1).flatMap((execution) =>
      (['before', 'after'] as const).map((when) => ({ when, sql, execution })),
    ),
  );
}

describe('the creation of a database', () => {
  test('that is killed anywhere leaves no database or a complete one, and the next audit leaves nothing else', async (context) => {
    const places = await findPlaces(context);
    assert.ok(places.some(({ sql }) => sql === 'renameSync') && places.length > 100, `${places.length} places`);
    let complete = 0;
    const some = places.filter((_, index) => isFull || index % 20 === 0);
    for (const place of some) {
      const path = newPath(context);
      const signal = await open(path, place);
      assert.equal(signal, 'SIGKILL', JSON.stringify(place));
      tally.kills += 1;
      if (existsSync(path)) {
        openReadStore(path)[Symbol.dispose]();
        complete += 1;
      }
      await open(path, null);
      assert.deepEqual(readdirSync(dirname(path)), ['audit.db', 'audit.db.lock'], JSON.stringify(place));
      openReadStore(path)[Symbol.dispose]();
    }
    assert.ok(complete > 0 && complete < some.length, `${complete} of ${some.length}`);
  });
});
