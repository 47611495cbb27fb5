import { ownerName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { History } from '../history/history.ts';
import type { Account } from '../history/subjects.ts';
import type { OpenCondition } from '../store/acknowledgements.ts';
import type { SharedStore } from '../stores.ts';
import { visible } from '../text/visible.ts';

/** The token of that id, or the only one whose id begins with it. @throws UsageError */
export function oneToken(history: Pick<History, 'tokenIds'>, typed: string): string {
  if (typed === '') throw new UsageError('TOKEN-ID is empty: give an id, or its beginning');
  const [id, ...others] = history.tokenIds(typed);
  if (id === undefined) {
    throw new UsageError(`${JSON.stringify(typed)}: no audit ever saw a token whose id is that, or begins with it`, {
      hint: '`tokens` lists the tokens of now, `findings` those that were removed',
    });
  }
  if (others.length > 0) throw ambiguous(typed, 'tokens', [id, ...others]);
  return id;
}

/** The account that `--owner` names; undefined when it was not given. @throws UsageError */
export function accountOption(history: History, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  if (typed === '') throw new UsageError('--owner is empty: give a user name, a display name or a membership id');
  const [account, ...others] = history.accounts(typed);
  if (account === undefined) {
    throw new UsageError(`${JSON.stringify(typed)}: no audit ever saw a token of such an account`, {
      hint: 'Give a user name, a display name or a membership id; `tokens` lists the owners',
    });
  }
  if (others.length > 0) {
    throw new UsageError(`${JSON.stringify(typed)} names several accounts: give a membership id`, {
      hint: [account, ...others].map(describe).join('\n'),
    });
  }
  return account.membershipId;
}

/** Where something is decided, a shorter beginning could name another subject by mistake. */
const minStartLength = 6;

/**
 * The open conditions of a token or an owner, or one condition by its number.
 *
 * @param typed an id, the beginning of one, or the name or address of an owner
 * @throws UsageError when it names nothing, or more than one
 */
export function openConditionsOf(store: SharedStore, typed: string, now: Date): OpenCondition[] {
  const { acknowledgements, history } = store;
  const open = acknowledgements.openConditions(typed, now);
  if (open.length > 0) return open;
  const accounts = history.accounts(typed).map(({ membershipId }) => membershipId);
  const found = typed.length < minStartLength ? [] : [...history.tokenIds(typed), ...accounts];
  const [id, ...others] = found.includes(typed) ? [typed] : found;
  if (id === undefined) {
    throw new UsageError(
      `nothing is open for ${JSON.stringify(typed)}, and no audit ever saw a token or an owner of that id`,
      {
        hint: `\`findings --open\` lists what is open: give the id of a condition, of a token, or of an owner, or ${minStartLength} characters of its beginning`,
      },
    );
  }
  if (others.length > 0) throw ambiguous(typed, 'tokens or owners', found);
  return acknowledgements.openConditions(id, now);
}

function ambiguous(start: string, what: string, ids: readonly string[]): UsageError {
  return new UsageError(`${JSON.stringify(start)} begins the id of several ${what}: give more of it`, {
    hint: `For example ${ids.join(', ')}`,
  });
}

function describe({ membershipId, userName, displayName }: Account): string {
  const name = ownerName({ state: null, userName, displayName, lastLogin: null }, membershipId);
  return `${visible(membershipId)}  ${name}`;
}
