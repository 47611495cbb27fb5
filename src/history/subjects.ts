import type { SubjectType } from '../rules/finding.ts';
import type { Database } from '../store/database.ts';
import { nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';

const namedSubject = {
  type: textOf<Exclude<SubjectType, 'organisation'>>(),
  id: text,
  /** The last known names of an owner; null for a token, or if they were never known. */
  userName: nullable(text),
  displayName: nullable(text),
};

/** A token that was ever seen, or an account that owns or has owned tokens. */
export type NamedSubject = RowOf<typeof namedSubject>;

/** Enough candidates to show that the answer is ambiguous. */
const maxCandidates = 6;

type Finder = (typed: string) => NamedSubject[];

export function createSubjects(db: Database): { tokensNamed: Finder; ownersNamed: Finder } {
  const stmts = {
    tokens: prepare<[{ asked: string }]>(
      db,
      `SELECT DISTINCT 'token' AS type, token_id AS id, NULL AS userName, NULL AS displayName
         FROM token_versions
        WHERE token_id >= @asked
          AND substr(token_id, 1, length(@asked)) = @asked
        ORDER BY token_id
        LIMIT ${maxCandidates}`,
    ).returning(namedSubject),
    owners: prepare<[{ asked: string }]>(
      db,
      `WITH known AS (
         SELECT membership_id FROM owner_versions
          UNION
         SELECT membership_id FROM token_versions WHERE membership_id IS NOT NULL)
       SELECT 'owner' AS type, k.membership_id AS id, o.user_name AS userName, o.display_name AS displayName
         FROM known AS k
         LEFT JOIN owner_versions AS o
           ON o.membership_id = k.membership_id
          AND o.first_run_id = (SELECT max(first_run_id) FROM owner_versions WHERE membership_id = k.membership_id)
        WHERE substr(k.membership_id, 1, length(@asked)) = @asked
           OR lower(o.user_name) = lower(@asked)
           OR lower(o.display_name) = lower(@asked)
        ORDER BY k.membership_id
        LIMIT ${maxCandidates}`,
    ).returning(namedSubject),
  };

  /** Tries the text as typed, then in lower case, because almost all ids are UUIDs in lower case. */
  const finder =
    (query: typeof stmts.tokens): Finder =>
    (typed) => {
      const found = query.all({ asked: typed });
      const candidates = found.length > 0 ? found : query.all({ asked: typed.toLowerCase() });
      const exact = candidates.find(({ id }) => id === typed || id === typed.toLowerCase());
      return exact === undefined ? candidates : [exact];
    };
  return { tokensNamed: finder(stmts.tokens), ownersNamed: finder(stmts.owners) };
}
