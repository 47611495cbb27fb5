import { ownerName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { History } from '../history/history.ts';
import type { NamedSubject } from '../history/subjects.ts';
import type { OpenCondition } from '../store/acknowledgements.ts';
import type { SharedStore } from '../stores.ts';
import { visible } from '../text/visible.ts';

/** The token of that id, or the only one whose id begins with it. @throws UsageError */
export function oneToken(history: History, typed: string): string {
  if (typed === '') throw new UsageError('TOKEN-ID is empty: give an id, or its beginning');
  const unknown = 'no audit ever saw a token whose id is that, or begins with it';
  return only(
    history.tokensNamed(typed),
    typed,
    unknown,
    '`tokens` lists the tokens of now, `findings` those that were removed',
  );
}

/** The account that `--owner` names; undefined when it was not given. @throws UsageError */
export function accountOption(history: History, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  if (typed === '') throw new UsageError('--owner is empty: give a user name, a display name or a membership id');
  const hint = 'Give a user name, a display name or a membership id; `tokens` lists the owners';
  return only(history.ownersNamed(typed), typed, 'no audit ever saw a token of such an account', hint);
}

/** Where something is decided, a shorter beginning could name another subject by mistake. */
const minStartLength = 6;

/**
 * The open conditions of a token or an owner, or one condition by its number.
 *
 * @param typed an id, the beginning of one, or the name or address of an owner
 * @throws UsageError when it names nothing, or more than one
 */
export function openConditionsOf(
  { acknowledgements, history }: SharedStore,
  typed: string,
  now: Date,
): OpenCondition[] {
  const open = acknowledgements.openConditions(typed, now);
  if (open.length > 0) return open;
  const named = typed.length < minStartLength ? [] : [...history.tokensNamed(typed), ...history.ownersNamed(typed)];
  const unknown = 'nothing is open for it, and no audit ever saw a token or an owner of that id';
  const hint = `\`findings --open\` lists what is open: give the id of a condition, of a token, or of an owner, or ${minStartLength} characters of its beginning`;
  return acknowledgements.openConditions(only(named, typed, unknown, hint), now);
}

/** The id of the one that was found. @throws UsageError for none, which `unknown` says, and for several */
function only(found: readonly NamedSubject[], typed: string, unknown: string, hint: string): string {
  const [first, ...others] = found;
  if (first === undefined) throw new UsageError(`${JSON.stringify(typed)}: ${unknown}`, { hint });
  if (others.length === 0) return first.id;
  throw new UsageError(`${JSON.stringify(typed)} names several: give one id, or more of it`, {
    hint: found.map(describe).join('\n  '),
  });
}

function describe({ type, id, userName, displayName }: NamedSubject): string {
  const owner = { state: null, userName, displayName, lastLogin: null };
  return type === 'token' ? `token ${visible(id)}` : `owner ${visible(id)}  ${ownerName(owner, id)}`;
}
