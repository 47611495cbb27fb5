import { DatabaseError } from '../errors.ts';
import type { Database } from './database.ts';

/** Which organisation this database belongs to; null before its first audit. */
export function organisationBaseUrl(db: Database): string | null {
  const row = db.prepare<[], { baseUrl: string }>('SELECT base_url AS baseUrl FROM organisation').get();
  return row?.baseUrl ?? null;
}

/**
 * Remembers the organisation at the first audit and refuses any other from then on: two mixed
 * histories would invent thousands of removals.
 *
 * @throws DatabaseError when the database belongs to another organisation.
 */
export function claimOrganisation(db: Database, baseUrl: string, now: Date): void {
  requireOrganisation(db, baseUrl);
  db.prepare(
    'INSERT INTO organisation (singleton, base_url, created_at) VALUES (1, ?, ?) ON CONFLICT (singleton) DO NOTHING',
  ).run(baseUrl, now.toISOString());
}

/** @throws DatabaseError when the database belongs to another organisation. */
export function requireOrganisation(db: Database, baseUrl: string): void {
  const owner = organisationBaseUrl(db);
  if (owner === null || owner === baseUrl) return;
  throw new DatabaseError(`${db.name} holds the history of ${owner}, but OMNI_BASE_URL is ${baseUrl}`, {
    hint: 'For another organisation, set another DATABASE_PATH; if yours was renamed, run `omni-token-audit check --adopt-url`',
  });
}

/** Lets the database belong to another address from now on, after a rename; answers the former one. */
export function adoptOrganisation(db: Database, baseUrl: string, now: Date): string | null {
  const former = organisationBaseUrl(db);
  db.prepare(
    `INSERT INTO organisation (singleton, base_url, created_at)
     VALUES (1, ?, ?)
     ON CONFLICT (singleton) DO UPDATE SET base_url = excluded.base_url`,
  ).run(baseUrl, now.toISOString());
  return former;
}
