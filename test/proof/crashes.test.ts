import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proveCrashes } from './support/crashes.ts';
import { isFull, seed, tally } from './support/tally.ts';

const kills = isFull ? Number(process.env.PROOF_KILLS ?? 1000) : 10;

test('whenever processes are killed, every change is mailed once, nothing else is, and the database is whole', async () => {
  const told = await proveCrashes(kills, 2, seed);
  tally.kills += told.kills;
  for (const place of told.places) tally.killPlaces.add(place);
  tally.knownPlaces = told.knownPlaces;
  tally.audits += told.audits;
  tally.mails += told.mails;
  tally.repeatedMails += told.repeatedMails;
  tally.losses += told.losses.length;
  tally.inventions += told.inventions.length;
  const { losses, inventions, faults } = told;
  assert.deepEqual({ losses, inventions, faults }, { losses: [], inventions: [], faults: [] }, `PROOF_SEED=${seed}`);
  assert.ok(told.kills >= kills, `only ${told.kills} kills`);
  assert.ok(told.mails > 0);
});
