import { createLogger } from '../../src/logging.ts';
import { deliverDue } from '../../src/mail/deliver.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { openSharedStore } from '../../src/stores.ts';
import { createFakeClock } from './fake-clock.ts';
import { recipient } from './messages.ts';
import { noAbort } from './no-abort.ts';

// Delivers all due mail of the database in its first argument to the SMTP port in its second.
const [, , databasePath = '', port = ''] = process.argv;
const mailer = createMailer({ host: '127.0.0.1', port: Number(port), security: 'none', login: null });
const store = openSharedStore(databasePath);
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  const deps = {
    outbox: store.outbox,
    mailer,
    recipients: [recipient],
    clock: createFakeClock(),
    log: createLogger('error'),
    random: () => 0,
  };
  const { sent } = await deliverDue(deps, noAbort);
  process.stdout.write(`${sent}\n`);
  process.stdin.pause();
});
