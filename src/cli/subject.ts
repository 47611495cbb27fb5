import { ownerName } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { Account } from '../history/subjects.ts';
import type { OpenCondition } from '../store/acknowledgements.ts';
import type { ReadStore, TriageStore } from '../stores.ts';
import { visible } from '../text/visible.ts';

/**
 * The token of that id, or the only one whose id begins so.
 *
 * @throws UsageError when there is none, or more than one.
 */
export function oneToken(store: Pick<ReadStore, 'tokenIds'>, idOrStart: string): string {
  if (idOrStart === '') throw new UsageError('TOKEN-ID is empty: give an id, or its beginning');
  const found = asTypedOrSmall(idOrStart, store.tokenIds);
  if (found.length > 1) throw ambiguous(idOrStart, 'tokens', found);
  if (found[0] === undefined) {
    throw new UsageError(`${JSON.stringify(idOrStart)}: no audit ever saw a token whose id is that, or begins so`, {
      hint: '`tokens` lists those of now, `findings` those that are gone',
    });
  }
  return found[0];
}

/**
 * The account of that membership id, of the only id that begins so, or of that user name or display name.
 *
 * @throws UsageError when there is none, or more than one.
 */
function oneAccount(store: ReadStore, nameOrId: string): Account {
  const found = asTypedOrSmall(nameOrId, store.accounts);
  if (found.length > 1) {
    throw new UsageError(`${JSON.stringify(nameOrId)} names several accounts: give a membership id`, {
      hint: found.map(describe).join('\n'),
    });
  }
  if (found[0] === undefined) {
    const similar = store.similarAccounts(nameOrId).map(describe).join('\n  ');
    throw new UsageError(`${JSON.stringify(nameOrId)}: no audit ever saw a token of such an account`, {
      hint: similar === '' ? 'Give a user name, a display name or a membership id' : `Did you mean\n  ${similar}`,
    });
  }
  return found[0];
}

/** What `--owner` names; undefined where it was not given. @throws UsageError as `oneAccount`. */
export function accountOption(store: ReadStore, nameOrId: string | undefined): string | undefined {
  if (nameOrId === undefined) return undefined;
  if (nameOrId === '') throw new UsageError('--owner is empty: give a user name, a display name or a membership id');
  return oneAccount(store, nameOrId).membershipId;
}

/** Less could name another one by an oversight, where something is decided. */
const minStart = 6;

/**
 * The conditions open now of a token or an owner, by its id or the only one that begins so, or one condition by its number.
 *
 * @throws UsageError when the id belongs to nothing, or to more than one.
 */
export function openConditionsOf(store: TriageStore, id: string, now: Date): OpenCondition[] {
  const open = store.acknowledgements.openConditions(id, now);
  if (open.length > 0) return open;
  const found = id.length < minStart ? [] : asTypedOrSmall(id, store.subjectIds);
  if (found.length > 1) throw ambiguous(id, 'tokens or owners', found);
  if (found[0] !== undefined) return store.acknowledgements.openConditions(found[0], now);
  throw new UsageError(
    `nothing is open for ${JSON.stringify(id)}, and no audit ever saw a token or an owner of that id`,
    {
      hint: `\`findings --open\` lists what is: give the id of a condition, of a token, or of an owner, or ${minStart} characters of its beginning`,
    },
  );
}

/** Most ids are UUIDs in small letters: whoever copies one in capitals means the same, where no id is written so. */
function asTypedOrSmall<T>(typed: string, find: (text: string) => T[]): T[] {
  const found = find(typed);
  return found.length > 0 ? found : find(typed.toLowerCase());
}

function ambiguous(start: string, of: string, ids: readonly string[]): UsageError {
  return new UsageError(`${JSON.stringify(start)} begins the id of several ${of}: give more of it`, {
    hint: `Such as ${ids.join(', ')}`,
  });
}

function describe({ membershipId, userName, displayName }: Account): string {
  const name = ownerName({ state: null, userName, displayName, lastLogin: null }, membershipId);
  return `${visible(membershipId)}  ${name}`;
}
