import type { Database } from '../store/database.ts';

/** An account that holds tokens, or held some. */
export interface Account {
  membershipId: string;
  /** As last known; null: never known. */
  userName: string | null;
  displayName: string | null;
}

/** So many candidates are enough to say that an answer is not unique. */
const maxCandidates = 6;

/** Ids of tokens, removed ones among them, that are this id or begin with it; a few of them. */
export function findTokenIds(db: Database, start: string): string[] {
  const exact = db.prepare<[string], string>('SELECT token_id FROM token_versions WHERE token_id = ? LIMIT 1').pluck();
  const beginning = db
    .prepare<[{ start: string; limit: number }], string>(
      `SELECT DISTINCT token_id
         FROM token_versions
        WHERE token_id >= @start
          AND substr(token_id, 1, length(@start)) = @start
        ORDER BY token_id
        LIMIT @limit`,
    )
    .pluck();
  const found = exact.get(start);
  return found === undefined ? beginning.all({ start, limit: maxCandidates }) : [found];
}

/** Ids of tokens and of their owners, former ones among them, that are this id or begin with it; a few of them. */
export function findSubjectIds(db: Database, start: string): string[] {
  const found = db
    .prepare<[{ start: string; limit: number }], string>(
      `SELECT token_id AS id FROM token_versions WHERE substr(token_id, 1, length(@start)) = @start
        UNION
       SELECT membership_id FROM token_versions WHERE substr(membership_id, 1, length(@start)) = @start
        ORDER BY id
        LIMIT @limit`,
    )
    .pluck()
    .all({ start, limit: maxCandidates });
  return found.includes(start) ? [start] : found;
}

/**
 * Accounts of that membership id, or whose id begins so, or of that user name or display name,
 * whatever the case of its ASCII letters; a few of them. Also former ones, and those of which nothing but the id is known.
 */
export function findAccounts(db: Database, nameOrId: string): Account[] {
  const rows = db
    .prepare<[{ asked: string; limit: number }], Account>(
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
        LIMIT @limit`,
    )
    .all({ asked: nameOrId, limit: maxCandidates });
  const [first] = rows;
  return first?.membershipId === nameOrId ? [first] : rows;
}

/** Accounts whose user name or display name has that text somewhere; a few of them. */
export function findSimilarAccounts(db: Database, text: string): Account[] {
  return db
    .prepare<[{ text: string; limit: number }], Account>(
      `SELECT membership_id AS membershipId, user_name AS userName, display_name AS displayName
         FROM owner_versions AS o
        WHERE first_run_id = (SELECT max(first_run_id) FROM owner_versions WHERE membership_id = o.membership_id)
          AND (instr(lower(user_name), lower(@text)) > 0 OR instr(lower(display_name), lower(@text)) > 0)
        ORDER BY user_name
        LIMIT @limit`,
    )
    .all({ text, limit: maxCandidates });
}
