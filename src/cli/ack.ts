import { UsageError } from '../errors.ts';
import { catalogueEntry } from '../rules/catalogue.ts';
import type { OpenCondition } from '../store/acknowledgements.ts';
import { parseCommandLine, requiredText } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { lastDayOption } from './dates.ts';
import { exitCode } from './exit-code.ts';
import { openForWriting } from './open.ts';
import { openConditionsOf } from './subject.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { values, positionals } = parseCommandLine(
    args,
    { reason: { type: 'string' }, by: { type: 'string' }, until: { type: 'string' } },
    ['ID'],
  );
  const reason = requiredText('reason', values.reason);
  const by = requiredText('by', values.by);
  const id = positionals[0] ?? '';
  const now = new Date();
  const lastDay = lastDayOption(values.until, now, env);
  using store = openForWriting(env);
  const accepted = store.transactions.run((tx) => {
    const conditions = acceptable(id, openConditionsOf(store, id, now));
    for (const condition of conditions) {
      store.acknowledgements.add(tx, condition, { reason, by, createdAt: now, ...lastDay });
    }
    return conditions;
  });
  for (const { id: conditionId, kind, severity, subject } of accepted) {
    const what = `${kind} (${severity}, ${catalogueEntry(kind).title}) of ${subject.type} ${subject.id}`;
    print(`Acknowledged until ${lastDay.expiresOn}: ${conditionId} ${what}\n`);
  }
  print('The next digest will report this, with the reason and the name you gave.\n');
  return exitCode.done;
};

/** Returns the conditions that are not acknowledged yet. @throws UsageError when there are none */
function acceptable(id: string, conditions: OpenCondition[]): OpenCondition[] {
  const open = conditions.filter(({ acknowledgedUntil }) => acknowledgedUntil === null);
  if (open.length > 0) return open;
  const until = conditions[0]?.acknowledgedUntil;
  if (until !== undefined) {
    throw new UsageError(`${JSON.stringify(id)} is already acknowledged until ${until}`, {
      hint: 'Run `omni-token-audit unack` with this id first, then repeat this command',
    });
  }
  throw new UsageError(`${JSON.stringify(id)} has no open findings`, {
    hint: 'Run `omni-token-audit findings --open` for a list, then use the id of a finding, a token or an owner',
  });
}
