import { loadConfig } from '../config/config.ts';
import { UsageError } from '../errors.ts';
import { openForTriage } from '../look.ts';
import { catalogueEntry } from '../rules/catalogue.ts';
import type { OpenCondition } from '../store/acknowledgements.ts';
import { dayIn, endOfDay, plusDays } from '../time/calendar-day.ts';
import { parseCommandLine, requiredText } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openConditionsOf } from './subject.ts';

const usualDays = 90;
const maxDays = 400;

export const run: RunCommand = async (args, { env, print }) => {
  const { values, positionals } = parseCommandLine(
    args,
    { reason: { type: 'string' }, by: { type: 'string' }, until: { type: 'string' } },
    ['ID'],
  );
  const reason = requiredText('reason', values.reason);
  const by = requiredText('by', values.by);
  const id = positionals[0] ?? '';
  const { timeZone } = loadConfig(env, ['timeZone']);
  const now = new Date();
  const expiresOn = lastDay(values.until, dayIn(timeZone, now));
  const expiresAt = endOfDay(timeZone, expiresOn);
  using store = await openForTriage(env);
  const accepted = store.transactions.run((tx) => {
    const conditions = acceptable(id, openConditionsOf(store, id, now));
    for (const condition of conditions) {
      store.acknowledgements.add(tx, condition, { reason, by, createdAt: now, expiresOn, expiresAt });
    }
    return conditions;
  });
  for (const { id: conditionId, kind, severity, subject } of accepted) {
    const what = `${kind} (${severity}, ${catalogueEntry(kind).title}) of ${subject.type} ${subject.id}`;
    print(`Acknowledged until ${expiresOn}: ${conditionId} ${what}\n`);
  }
  print('The next digest tells it, with reason and name.\n');
  return exitCode.done;
};

/** @throws UsageError for what is no day, is over, or is too far away. */
function lastDay(asked: string | undefined, today: string): string {
  if (asked === undefined) return plusDays(today, usualDays);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(asked) && plusDays(asked, 0) === asked;
  if (!isDay) throw new UsageError(`--until ${JSON.stringify(asked)}: give a day as YYYY-MM-DD`);
  if (asked < today) throw new UsageError(`--until ${asked}: that day is over; today is ${today}`);
  const latest = plusDays(today, maxDays);
  if (asked > latest) {
    throw new UsageError(`--until ${asked}: ${maxDays} days at most, so ${latest} at the latest`);
  }
  return asked;
}

/** Those that nobody accepted yet. @throws UsageError when there are none. */
function acceptable(id: string, conditions: OpenCondition[]): OpenCondition[] {
  const open = conditions.filter(({ acknowledgedUntil }) => acknowledgedUntil === null);
  if (open.length > 0) return open;
  const until = conditions[0]?.acknowledgedUntil;
  if (until !== undefined) {
    throw new UsageError(`${JSON.stringify(id)} is acknowledged already, until ${until}`, {
      hint: '`unack` takes that back; then acknowledge it anew',
    });
  }
  throw new UsageError(`nothing is open for ${JSON.stringify(id)}`, {
    hint: '`findings --open` lists what is: give the id of a condition, of a token, or of an owner',
  });
}
