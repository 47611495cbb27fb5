import { accountName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { ListedToken } from '../history/listed-tokens.ts';
import { openForReading } from '../look.ts';
import { isKnownTokenType, knownTokenTypes } from '../rules/token.ts';
import type { ReadStore } from '../stores.ts';
import { visible } from '../text/visible.ts';
import { formatOption, numberOption, parseCommandLine } from './arguments.ts';
import { captionOf, chooseMoment, momentOption, momentOptions } from './as-of.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { accountOption } from './subject.ts';
import type { Column } from './table.ts';

const columns: Column<ListedToken>[] = [
  { heading: 'id', value: (token) => token.id, is: 'id' },
  { heading: 'name', value: (token) => token.name, is: 'name' },
  { heading: 'type', value: (token) => token.type, is: 'name' },
  { heading: 'enabled', value: (token) => token.enabled },
  { heading: 'created', value: (token) => token.createdAt, is: 'instant', isSpare: true },
  { heading: 'days', value: (token) => token.ageDays },
  { heading: 'membership', value: (token) => token.membershipId, is: 'id', isSpare: true },
  { heading: 'first seen', value: (token) => token.firstSeenAt, is: 'instant', isSpare: true },
  { heading: 'changed', value: (token) => token.changedAt, is: 'instant', isSpare: true },
  { heading: 'owner', value: ({ owner }) => accountName(owner), is: 'name' },
  { heading: 'active', value: ({ owner }) => owner?.active ?? null, isSpare: true },
  { heading: 'last login', value: ({ owner }) => owner?.lastLogin ?? null, is: 'instant', isSpare: true },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    ...momentOptions,
    type: { type: 'string' },
    owner: { type: 'string' },
    stale: { type: 'boolean', default: false },
    limit: { type: 'string' },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  const moment = momentOption(values);
  const limit = numberOption('limit', values.limit, 1) ?? undefined;
  using store = await openForReading(context.env);
  const chosen = chooseMoment(store, moment, context.env);
  const membershipId = accountOption(store, values.owner);
  const { type, stale } = values;
  requireType(store, type);
  const tokens = chosen.run === null ? [] : store.tokens({ runId: chosen.run.id, type, stale, membershipId, limit });
  const whenEmpty = chosen.run === null ? 'No audit was complete yet.' : 'No such token.';
  await printListing(tokens, columns, format, { whenEmpty, caption: captionOf(chosen) }, context);
  return exitCode.done;
};

/** A type that is misspelt must not look like one that has no tokens. */
function requireType(store: ReadStore, type: string | undefined): void {
  if (type === undefined || isKnownTokenType(type)) return;
  const types = store.types();
  if (types.includes(type)) return;
  throw new UsageError(`--type ${JSON.stringify(type)}: no audit ever saw a token of that type`, {
    hint: `Give one of ${[...new Set([...knownTokenTypes, ...types])].map((each) => visible(each, 40)).join(', ')}`,
  });
}
