import { UsageError } from '../errors.ts';
import type { LookStore } from '../store/store.ts';
import type { Account } from '../store/subjects.ts';
import { ownerName } from '../text/finding-text.ts';
import { visible } from '../text/visible.ts';

/**
 * The token of that id, or the only one whose id begins so.
 *
 * @throws UsageError when there is none, or more than one.
 */
export function oneToken(store: LookStore, idOrStart: string): string {
  if (idOrStart === '') throw new UsageError('TOKEN-ID is empty: give an id, or its beginning');
  const found = store.tokenIds(idOrStart);
  if (found.length > 1) {
    throw new UsageError(`${JSON.stringify(idOrStart)} begins the id of several tokens: give more of it`, {
      mend: `Such as ${found.join(', ')}`,
    });
  }
  if (found[0] === undefined) {
    throw new UsageError(`${JSON.stringify(idOrStart)}: no audit ever saw a token whose id is that, or begins so`, {
      mend: '`tokens` lists those of now, `findings` those that are gone',
    });
  }
  return found[0];
}

/**
 * The account of that membership id, of the only id that begins so, or of that user name or display name.
 *
 * @throws UsageError when there is none, or more than one.
 */
function oneAccount(store: LookStore, nameOrId: string): Account {
  const found = store.accounts(nameOrId);
  if (found.length > 1) {
    throw new UsageError(`${JSON.stringify(nameOrId)} names several accounts: give a membership id`, {
      mend: found.map(describe).join('\n'),
    });
  }
  if (found[0] === undefined) {
    throw new UsageError(`${JSON.stringify(nameOrId)}: no audit ever saw a token of such an account`, {
      mend: 'Give a user name, a display name or a membership id; `tokens` shows all three',
    });
  }
  return found[0];
}

/** What `--owner` names; undefined where it was not given. @throws UsageError as `oneAccount`. */
export function accountOption(store: LookStore, nameOrId: string | undefined): string | undefined {
  if (nameOrId === undefined) return undefined;
  if (nameOrId === '') throw new UsageError('--owner is empty: give a user name, a display name or a membership id');
  return oneAccount(store, nameOrId).membershipId;
}

function describe({ membershipId, userName, displayName }: Account): string {
  const name = ownerName({ state: null, userName, displayName, lastLogin: null }, membershipId);
  return `${visible(membershipId)}  ${name}`;
}
