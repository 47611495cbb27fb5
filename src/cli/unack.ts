import { UsageError } from '../errors.ts';
import { parseCommandLine, requiredText } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForWriting } from './open.ts';
import { openConditionsOf } from './subject.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { values, positionals } = parseCommandLine(args, { by: { type: 'string' } }, ['ID']);
  const by = requiredText('by', values.by);
  const id = positionals[0] ?? '';
  const now = new Date();
  using store = openForWriting(env);
  const revoked = store.transactions.run((tx) => {
    const open = openConditionsOf(store, id, now);
    const conditions = open.filter(({ acknowledgedUntil }) => acknowledgedUntil !== null);
    for (const condition of conditions) store.acknowledgements.end(tx, condition.id, { because: 'revoked', by }, now);
    return conditions;
  });
  if (revoked.length === 0) {
    throw new UsageError(`${JSON.stringify(id)} has no acknowledged findings`, {
      hint: 'Run `omni-token-audit findings --acknowledged` for a list',
    });
  }
  for (const { id: conditionId, kind, severity, subject } of revoked) {
    print(`No longer acknowledged: ${conditionId} ${kind} (${severity}) of ${subject.type} ${subject.id}\n`);
  }
  print('The next digest will report this.\n');
  return exitCode.done;
};
