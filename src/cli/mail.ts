import { UsageError } from '../errors.ts';
import type { HeldDelivery, ListedDelivery, ListedMail } from '../store/mail-log.ts';
import { visible } from '../text/visible.ts';
import { type Format, formatOption, numberOption, parseCommandLine, requiredText } from './arguments.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading, openForWriting } from './open.ts';
import type { Column } from './table.ts';

/** A line of the table and the CSV, which list deliveries. */
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
  { heading: 'discard reason', value: (line) => line.discardReason, is: 'prose' },
  { heading: 'run', value: ({ mail }) => mail.runId, isSpare: true },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    retry: { type: 'boolean', default: false },
    discard: { type: 'string' },
    reason: { type: 'string' },
    show: { type: 'string' },
    run: { type: 'string' },
    limit: { type: 'string' },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  const showId = numberOption('show', values.show, 1);
  const runId = numberOption('run', values.run, 1);
  const limit = numberOption('limit', values.limit, 1);
  const acts = values.retry || values.discard !== undefined;
  if (values.show !== undefined && acts) throw new UsageError('--show cannot be combined with --retry or --discard');
  if (values.retry && values.discard !== undefined) throw new UsageError('--retry and --discard cannot be combined');
  if (values.discard === undefined && values.reason !== undefined) throw new UsageError('--reason needs --discard');
  if (showId !== undefined) return await show(context, showId);
  let code: number = exitCode.done;
  if (values.retry) code = await retry(context);
  const discardId = numberOption('discard', values.discard, 1);
  if (discardId !== undefined) await discard(context, discardId, requiredText('reason', values.reason));
  using store = openForReading(context.env);
  const mails = runId === undefined ? store.mails.list(limit) : store.mails.ofRun(runId).slice(0, limit);
  if (format === 'json') {
    await printListing(mails, [], format, { whenEmpty: '' }, context);
  } else {
    const lines = mails.flatMap((mail) => mail.deliveries.map((delivery) => ({ ...delivery, mail })));
    await printListing(lines, columns, format, { whenEmpty: 'No mail.' }, context);
  }
  if (values.retry) await reportHeld(store.mails.held(new Date()), format, context);
  return code;
};

/** Prints a mail as it was sent, with the status of each delivery. */
async function show({ env, print }: CommandContext, id: number): Promise<number> {
  using store = openForReading(env);
  const mail = store.mails.find(id);
  if (mail === null)
    throw new UsageError(`--show ${id}: there is no such message`, { hint: 'Run `omni-token-audit mail` for a list' });
  const { subject, messageId, createdAt, deliveries, text } = mail;
  print(
    [
      `Subject: ${visible(subject, maxSubject)}`,
      `Date: ${createdAt}`,
      `Message-ID: ${messageId}`,
      ...deliveries.map(describe),
      '',
      text === '' ? 'The text was pruned: the message is older than RETENTION_DAYS.\n' : text,
    ].join('\n'),
  );
  return exitCode.done;
}

const maxSubject = 1000;

function describe({ recipient, status, sentAt, lastError, discardReason }: ListedDelivery): string {
  const more = sentAt ?? discardReason ?? lastError;
  return `To: ${visible(recipient, maxSubject)} (${status}${more === null ? '' : `: ${visible(more, maxSubject)}`})`;
}

async function retry({ app, signal }: CommandContext): Promise<number> {
  const { pending, parked } = await (await app()).retryMail(signal);
  return pending + parked > 0 ? exitCode.mailWaits : exitCode.done;
}

/** Names what could not be retried. JSON and CSV stay as they are, so there it is a log line. */
async function reportHeld(held: HeldDelivery[], format: Format, { app, print }: CommandContext): Promise<void> {
  for (const { mail, recipient, until } of held) {
    const free = until.toISOString();
    if (format === 'table') {
      const who = visible(recipient, maxSubject);
      print(`Mail ${mail} to ${who} was not retried: another process holds it until ${free} at the latest.\n`);
    } else {
      (await app()).log.warn({ mail, recipient, until: free }, 'mail not retried: another process holds it');
    }
  }
}

async function discard({ env }: CommandContext, id: number, reason: string): Promise<void> {
  using store = openForWriting(env);
  const count = store.outbox.discard(id, reason, new Date());
  if (count === null)
    throw new UsageError(`--discard ${id}: there is no such message`, {
      hint: 'Run `omni-token-audit mail` for a list',
    });
  if (count === 0)
    throw new UsageError(
      `--discard ${id}: that message has nothing to discard: it has no waiting or parked deliveries, or is being sent right now`,
    );
}
