import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

/**
 * `npm run proof`: every proof of this folder in its full form, in this process, and then the tally.
 * `PROOF_SEED=N` repeats one; `PROOF_KILLS=N` kills less or more often than a thousand times.
 */
process.env.PROOF = 'full';
const { seed, tally } = await import('./support/tally.ts');
const startedAtMs = performance.now();
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = globSync('{.,slow}/*.test.ts', { cwd: folder }).map((name) => join(folder, name));
let failures = 0;

const events = run({ files: files.sort(), isolation: 'none' });
events.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') failures += 1;
});
events.compose(spec).pipe(process.stdout);
await new Promise((resolve) => events.once('end', resolve));

const { killPlaces, ...counts } = tally;
const minutes = ((performance.now() - startedAtMs) / 60_000).toFixed(1);
process.stdout.write(`
seed            ${seed} (PROOF_SEED=${seed} npm run proof repeats it)
minutes         ${minutes}
kills           ${counts.kills}, at ${killPlaces.size} different places
faults          ${counts.faults}
audits          ${counts.audits}
mails           ${counts.mails}, of which some were repeated: ${counts.repeatedMails} times
losses          ${counts.losses}
inventions      ${counts.inventions}
failed proofs   ${failures}
`);
process.exitCode = failures === 0 ? 0 : 1;
