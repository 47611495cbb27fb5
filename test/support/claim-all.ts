import { openSharedStore } from '../../src/stores.ts';
import { someMorning } from './fake-clock.ts';

// Claims deliveries from the database in its first argument until none is due, and prints their ids.
const [, , databasePath = ''] = process.argv;
const store = openSharedStore(databasePath);
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  for (let claimed = store.outbox.claim(someMorning); claimed; claimed = store.outbox.claim(someMorning)) {
    process.stdout.write(`${claimed.deliveryId}\n`);
  }
  process.stdin.pause();
});
