import { openSharedStore } from '../../src/stores.ts';
import { someMorning } from './fake-clock.ts';

// Claims deliveries from the database in its first argument until it can claim none, records each as sent, and prints
// their ids.
const [, , databasePath = ''] = process.argv;
const { outbox, transactions } = openSharedStore(databasePath);
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  for (let claimed = outbox.claim(someMorning); claimed !== null; claimed = outbox.claim(someMorning)) {
    const delivery = claimed;
    transactions.run((tx) => outbox.settle(tx, delivery, { status: 'sent' }, someMorning));
    process.stdout.write(`${delivery.deliveryId}\n`);
  }
  process.stdin.pause();
});
