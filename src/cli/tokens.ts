import { decisionText } from '../digest/register-wording.ts';
import { tokenRole } from '../digest/role-wording.ts';
import { accountName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { History } from '../history/history.ts';
import type { ListedToken } from '../history/listed-tokens.ts';
import { isKnownTokenType, knownTokenTypes } from '../rules/token.ts';
import { quotedUnlessWord } from '../text/visible.ts';
import { formatOption, numberOption, parseCommandLine } from './arguments.ts';
import { asOfOption, asOfOptions, captionOf } from './as-of-options.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';
import { accountOption } from './subject.ts';
import type { Column } from './table.ts';

/** @param now the time of the run */
const columnsAsOf = (now: Date): Column<ListedToken>[] => [
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
  { heading: 'role', value: (token) => tokenRole(token.type, token, now, JSON.stringify), is: 'name' },
  { heading: 'responsible', value: ({ register }) => register?.responsible || null, is: 'name' },
  { heading: 'purpose', value: ({ register }) => register?.purpose || null, is: 'name', isSpare: true },
  { heading: 'ticket', value: ({ register }) => register?.ticket || null, is: 'name', isSpare: true },
  { heading: 'review by', value: ({ register }) => register?.reviewBy ?? null, isSpare: true },
  { heading: 'decision', value: decisionOf, is: 'name', isSpare: true },
  { heading: 'external', value: ({ owner }) => owner?.external ?? null, isSpare: true },
  { heading: 'active', value: ({ owner }) => owner?.active ?? null, isSpare: true },
  { heading: 'last login', value: ({ owner }) => owner?.lastLogin ?? null, is: 'instant', isSpare: true },
];

function decisionOf({ register, membershipId, owner }: ListedToken): string | null {
  return register === null ? null : decisionText(register, membershipId, owner) || null;
}

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    ...asOfOptions,
    type: { type: 'string' },
    owner: { type: 'string' },
    stale: { type: 'boolean', default: false },
    limit: { type: 'string' },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  const limit = numberOption('limit', values.limit, 1);
  const findAsOf = asOfOption(values, context.env);
  using store = openForReading(context.env);
  const { history } = store;
  const asOf = findAsOf(history);
  const membershipId = accountOption(history, values.owner);
  const { type, stale } = values;
  requireType(history, type);
  const tokens = asOf.run === null ? [] : history.tokens(asOf.run.id, { type, stale, membershipId, limit });
  const whenEmpty = asOf.run === null ? 'No audit has completed yet.' : 'No tokens.';
  const columns = columnsAsOf(new Date(asOf.run?.startedAt ?? 0));
  await printListing(tokens, columns, format, { whenEmpty, caption: captionOf(asOf) }, context);
  return exitCode.done;
};

/** A misspelt type must not look like a type without tokens. @throws UsageError */
function requireType(history: History, type: string | undefined): void {
  if (type === undefined || isKnownTokenType(type)) return;
  const types = history.tokenTypes();
  if (types.includes(type)) return;
  throw new UsageError(`--type ${JSON.stringify(type)}: no audit has seen a token of that type`, {
    hint: `Use one of ${[...new Set([...knownTokenTypes, ...types])].map((each) => quotedUnlessWord(each, 40)).join(', ')}`,
  });
}
