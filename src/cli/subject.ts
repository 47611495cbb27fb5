import { ownerName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { History } from '../history/history.ts';
import type { NamedSubject } from '../history/subjects.ts';
import type { OpenCondition } from '../store/acknowledgements.ts';
import type { SharedStore } from '../stores.ts';
import { visible } from '../text/visible.ts';

/** Returns the id of the token that was typed in full or by its beginning. @throws UsageError */
export function oneToken(history: History, typed: string): string {
  if (typed === '') throw new UsageError('TOKEN-ID is empty: use an id or its first characters');
  const unknown = 'no audit has seen a token whose id begins with this';
  return only(
    history.tokensNamed(typed),
    typed,
    unknown,
    'Run `omni-token-audit tokens` to list current tokens, or `omni-token-audit findings --kind token-removed` to list removed ones',
  );
}

/** Returns the membership id of the account that `--owner` names, or undefined without that option. @throws UsageError */
export function accountOption(history: History, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  if (typed === '') throw new UsageError('--owner is empty: use a user name, a display name or a membership id');
  const hint = 'Use a user name, a display name or a membership id. Run `omni-token-audit tokens` to see the owners';
  return only(history.ownersNamed(typed), typed, 'no account with this name or id has ever owned a token', hint);
}

/** The shortest beginning of an id that `ack` and `unack` take. A shorter one could match another subject by mistake. */
const minStartLength = 6;

/**
 * Returns the open conditions of a token or an owner, or one condition by its number.
 *
 * @param typed an id, the beginning of one, or the name or address of an owner
 * @throws UsageError when nothing matches, or more than one subject
 */
export function openConditionsOf(
  { acknowledgements, history }: SharedStore,
  typed: string,
  now: Date,
): OpenCondition[] {
  const open = acknowledgements.openConditions(typed, now);
  if (open.length > 0) return open;
  const named = typed.length < minStartLength ? [] : [...history.tokensNamed(typed), ...history.ownersNamed(typed)];
  const unknown = 'no open finding has this id, and no token or owner has this id or name';
  const hint = `Run \`omni-token-audit findings --open\` for a list, then use a finding id, or at least ${minStartLength} leading characters of a token or owner id`;
  return acknowledgements.openConditions(only(named, typed, unknown, hint), now);
}

/** Returns the id of the only match. @throws UsageError for no match, with the message `unknown`, and for several */
function only(found: readonly NamedSubject[], typed: string, unknown: string, hint: string): string {
  const [first, ...others] = found;
  if (first === undefined) throw new UsageError(`${JSON.stringify(typed)}: ${unknown}`, { hint });
  if (others.length === 0) return first.id;
  throw new UsageError(`${JSON.stringify(typed)} matches several tokens or owners`, {
    hint: ['Type more of the id, or use one of these ids:', ...found.map(describe)].join('\n    '),
  });
}

function describe({ type, id, userName, displayName }: NamedSubject): string {
  const owner = { state: null, userName, displayName, lastLogin: null, list: null, role: null };
  return type === 'token' ? `token ${visible(id)}` : `owner ${visible(id)}  ${ownerName(owner, id)}`;
}
