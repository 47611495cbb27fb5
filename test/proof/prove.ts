import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { msPerMinute } from '../../src/time/duration.ts';

/**
 * `npm run proof` runs every test of this folder in its long form, in this process, and then prints the tally.
 * `PROOF_SEED=N` repeats a run; `PROOF_KILLS=N` kills N times instead of a thousand.
 */
process.env.PROOF = 'full';
const { seed, tally } = await import('./support/tally.ts');
const startedAtMs = performance.now();
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = globSync('*.test.ts', { cwd: folder }).map((name) => join(folder, name));
let failures = 0;
let skipped = 0;

const events = run({ files: files.sort(), isolation: 'none' });
events.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') failures += 1;
});
events.on('test:pass', ({ skip }) => {
  if (skip !== undefined) skipped += 1;
});
events.compose(spec).pipe(process.stdout);
await new Promise((resolve) => events.once('end', resolve));

const { killPlaces, ...counts } = tally;
const minutes = ((performance.now() - startedAtMs) / msPerMinute).toFixed(1);
process.stdout.write(`
seed            ${seed} (PROOF_SEED=${seed} npm run proof repeats it)
minutes         ${minutes}
kills           ${counts.kills}, at ${killPlaces.size} of ${counts.knownPlaces} known places
faults          ${counts.faults}
audits          ${counts.audits}
mails           ${counts.mails}, and ${counts.repeatedMails} repeated copies
losses          ${counts.losses} in the crash proof (elsewhere, a loss fails its test)
inventions      ${counts.inventions} in the crash proof (elsewhere, an invention fails its test)
failed tests    ${failures}
skipped tests   ${skipped}
`);
process.exitCode = failures === 0 ? 0 : 1;
