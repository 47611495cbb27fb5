import type { Database } from '../store/database.ts';
import { nullable, prepare, type RowOf, text } from '../store/statement.ts';
import type { History } from './history.ts';

const account = {
  membershipId: text,
  /** As last known; null: never known. */
  userName: nullable(text),
  displayName: nullable(text),
};

/** An account that owns tokens, or owned some. */
export type Account = RowOf<typeof account>;

/** Enough candidates to say that an answer is not unique. */
const maxCandidates = 6;

export function createSubjects(db: Database): Pick<History, 'tokenIds' | 'accounts'> {
  const stmts = {
    tokenIds: prepare<[{ start: string }]>(
      db,
      `SELECT DISTINCT token_id
         FROM token_versions
        WHERE token_id >= @start
          AND substr(token_id, 1, length(@start)) = @start
        ORDER BY token_id
        LIMIT ${maxCandidates}`,
    ).returningOne(text),
    accounts: prepare<[{ asked: string }]>(
      db,
      `WITH known AS (
         SELECT membership_id FROM owner_versions
          UNION
         SELECT membership_id FROM token_versions WHERE membership_id IS NOT NULL)
       SELECT k.membership_id AS membershipId, o.user_name AS userName, o.display_name AS displayName
         FROM known AS k
         LEFT JOIN owner_versions AS o
           ON o.membership_id = k.membership_id
          AND o.first_run_id = (SELECT max(first_run_id) FROM owner_versions WHERE membership_id = k.membership_id)
        WHERE substr(k.membership_id, 1, length(@asked)) = @asked
           OR lower(o.user_name) = lower(@asked)
           OR lower(o.display_name) = lower(@asked)
        ORDER BY k.membership_id <> @asked, k.membership_id
        LIMIT ${maxCandidates}`,
    ).returning(account),
  };
  return {
    tokenIds: (typed) =>
      asTypedOrSmall(typed, (start) => {
        const found = stmts.tokenIds.all({ start });
        return found[0] === start ? [start] : found;
      }),
    accounts: (typed) =>
      asTypedOrSmall(typed, (asked) => {
        const found = stmts.accounts.all({ asked });
        return found[0]?.membershipId === asked ? found.slice(0, 1) : found;
      }),
  };
}

/** Ids are UUIDs in small letters, with few exceptions. One that was copied in capitals means the same. */
function asTypedOrSmall<T>(typed: string, find: (text: string) => T[]): T[] {
  const found = find(typed);
  return found.length > 0 ? found : find(typed.toLowerCase());
}
