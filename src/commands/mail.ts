import { UsageError } from '../errors.ts';
import { openLook, openMail } from '../look.ts';
import type { ListedDelivery, ListedMail } from '../store/outbox.ts';
import { formatOption, numberOption, parseCommandLine, requiredText } from './arguments.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import type { Column } from './table.ts';

/** The table and the CSV have a line for each delivery. */
interface DeliveryLine extends ListedDelivery {
  mail: ListedMail;
}

const columns: Column<DeliveryLine>[] = [
  { heading: 'id', value: ({ mail }) => mail.id, is: 'id' },
  { heading: 'kind', value: ({ mail }) => mail.kind },
  { heading: 'created', value: ({ mail }) => mail.createdAt, is: 'instant' },
  { heading: 'subject', value: ({ mail }) => mail.subject, is: 'prose' },
  { heading: 'recipient', value: (line) => line.recipient, is: 'name' },
  { heading: 'status', value: (line) => line.status },
  { heading: 'attempts', value: (line) => line.attempts, isSpare: true },
  { heading: 'next attempt', value: (line) => line.nextAttemptAt, is: 'instant', isSpare: true },
  { heading: 'sent', value: (line) => line.sentAt, is: 'instant', isSpare: true },
  { heading: 'last error', value: (line) => line.lastError, is: 'prose' },
  { heading: 'given up', value: (line) => line.discardReason, is: 'prose' },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    retry: { type: 'boolean', default: false },
    discard: { type: 'string' },
    reason: { type: 'string' },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  if (values.retry && values.discard !== undefined) throw new UsageError('--retry and --discard exclude each other');
  if (values.discard === undefined && values.reason !== undefined)
    throw new UsageError('--reason belongs to --discard');
  let code: number = exitCode.done;
  if (values.retry) code = await retry(context);
  const discardId = numberOption('discard', values.discard, 1);
  if (discardId !== null) await discard(context, discardId, requiredText('reason', values.reason));
  using store = await openLook(context.env);
  const mails = store.outbox.list();
  if (format === 'json') {
    await printListing(mails, [], format, { whenEmpty: '' }, context);
  } else {
    await printListing(mails.flatMap(toLines), columns, format, { whenEmpty: 'No mail yet.' }, context);
  }
  return code;
};

async function retry({ app, signal }: CommandContext): Promise<number> {
  const { pending, parked } = await (await app()).retryMail(signal);
  return pending + parked > 0 ? exitCode.mailWaits : exitCode.done;
}

async function discard({ env }: CommandContext, id: number, reason: string): Promise<void> {
  using store = await openMail(env);
  const count = store.outbox.discard(id, reason, new Date());
  if (count === null) throw new UsageError(`--discard ${id}: there is no such mail; \`mail\` lists them`);
  if (count === 0)
    throw new UsageError(`--discard ${id}: nothing of that mail waits or is parked, or it is being sent right now`);
}

function toLines(mail: ListedMail): DeliveryLine[] {
  return mail.deliveries.map((delivery) => ({ ...delivery, mail }));
}
