import { readRegister } from '../audit/read-register.ts';
import { loadConfig } from '../config/settings.ts';
import { accountName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { ListedToken } from '../history/listed-tokens.ts';
import { type RegisterEntry, registerColumns } from '../rules/register.ts';
import { isInEffect } from '../store/register.ts';
import { csvLine } from '../text/csv.ts';
import { visible } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import { parseCommandLine } from './arguments.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForReading } from './open.ts';

const maxNameLength = 500;

export const run: RunCommand = async (args, context) => {
  parseCommandLine(args, {});
  using store = openForReading(context.env);
  const { history } = store;
  const last = history.lastComplete();
  if (last === null)
    throw new UsageError('there are no tokens yet: no audit has completed', {
      hint: 'Run `omni-token-audit audit` first',
    });
  const isKept = isInEffect(history.registerStatus(last.id).state);
  const { rows, isUsable } = readRows(context, isKept);
  const tokens = [...history.tokens(last.id, {})];
  // Without a usable file, the last good state counts, so that a file that the shell has just emptied loses nothing.
  const entryOf = (token: ListedToken) => (rows === null ? token.register : (rows.get(token.id) ?? pending(token)));
  await context.printAll(lines(tokens, entryOf));
  const current = new Set(tokens.map(({ id }) => id));
  const gone = rows === null ? [] : [...rows.keys()].filter((id) => !current.has(id));
  if (gone.length > 0) {
    const ids = gone.map((id) => `\n  ${visible(id)}`).join('');
    context.remark(`Left out ${plural(gone.length, 'row')} of tokens that do not exist:${ids}\n`);
  }
  return isUsable ? exitCode.done : exitCode.failed;
};

/** A row that vanished while it said `revoke` still counts. */
function pending({ register }: ListedToken): RegisterEntry | null {
  return register?.isVanished === true ? register : null;
}

/**
 * Returns the rows of the file; null if there is none, or if it is not usable.
 *
 * @param isKept the last audit has a good state of it
 */
function readRows(
  { env, remark }: CommandContext,
  isKept: boolean,
): { rows: ReadonlyMap<string, RegisterEntry> | null; isUsable: boolean } {
  const { registerFile, timeZone } = loadConfig(env, ['registerFile', 'timeZone']);
  const read = readRegister(registerFile, timeZone, new Date());
  if (read.kind === 'read') return { rows: read.rows, isUsable: true };
  if (read.kind === 'broken') {
    const instead = isKept
      ? 'This is what the last audit that could read the register found.'
      : 'No audit has read a good one yet, so only the tokens are printed.';
    remark(`${read.problem}\n  ${read.hint}\n  ${instead}\n`);
  }
  return { rows: null, isUsable: read.kind === 'none' };
}

function* lines(
  tokens: readonly ListedToken[],
  entryOf: (token: ListedToken) => RegisterEntry | null,
): Generator<string> {
  yield `${csvLine(registerColumns)}\r\n`;
  for (const token of tokens) {
    const { id, name, type, owner, createdAt } = token;
    const entry = entryOf(token);
    const said = entry === null ? Array(7).fill(null) : humanCells(entry);
    const account = accountName(owner);
    yield `${csvLine([id, cut(name), type, account && cut(account), createdAt, ...said])}\r\n`;
  }
}

/** Cuts a name, because a line that is too long would make the whole file unusable. */
function cut(name: string): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
}

function humanCells({ responsible, purpose, ticket, reviewBy, decision, decidedBy, decidedOn }: RegisterEntry) {
  return [responsible, purpose, ticket, reviewBy, decision, decidedBy, decidedOn];
}
