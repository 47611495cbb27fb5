import type { SubjectType } from '../rules/finding.ts';
import type { Database } from '../store/database.ts';
import { nullable, prepare, type RowOf, text, textOf } from '../store/statement.ts';
import { foldName } from '../text/fold-name.ts';

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
    owners: prepare(
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
        ORDER BY k.membership_id`,
    ).returning(namedSubject),
  };

  /** Returns only the exact match, if there is one. Ignores capitals, because almost all ids are UUIDs in lower case. */
  const exactOrAll = (candidates: NamedSubject[], typed: string): NamedSubject[] => {
    const exact = candidates.find(({ id }) => id === typed || id === typed.toLowerCase());
    return exact === undefined ? candidates : [exact];
  };

  return {
    tokensNamed(typed) {
      const found = stmts.tokens.all({ asked: typed });
      return exactOrAll(found.length > 0 ? found : stmts.tokens.all({ asked: typed.toLowerCase() }), typed);
    },
    ownersNamed(typed) {
      const [asked, idPrefix] = [foldName(typed), typed.toLowerCase()];
      const isNamed = (name: string | null): boolean => name !== null && foldName(name) === asked;
      const candidates: NamedSubject[] = [];
      // Not in SQL, because SQLite handles neither Unicode case nor Unicode normal forms.
      for (const owner of stmts.owners.iterate()) {
        const hasName = isNamed(owner.userName) || isNamed(owner.displayName);
        if (hasName || owner.id.toLowerCase().startsWith(idPrefix)) candidates.push(owner);
      }
      return exactOrAll(candidates, typed).slice(0, maxCandidates);
    },
  };
}
