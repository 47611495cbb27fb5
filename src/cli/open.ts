import { loadConfig } from '../config/config.ts';
import {
  type MailStore,
  openMailStore,
  openReadStore,
  openTriageStore,
  type ReadStore,
  type TriageStore,
} from '../stores.ts';

/** Opens the database for a query command, which needs DATABASE_PATH alone. @throws ConfigError, DatabaseError */
export function openForReading(env: NodeJS.ProcessEnv): ReadStore {
  return openReadStore(loadConfig(env, ['databasePath']).databasePath);
}

/** Opens the outbox beside a running audit. @throws ConfigError, DatabaseError */
export function openMail(env: NodeJS.ProcessEnv): MailStore {
  return openMailStore(loadConfig(env, ['databasePath']).databasePath);
}

/** Opens what a person decides about beside a running audit. @throws ConfigError, DatabaseError */
export function openForTriage(env: NodeJS.ProcessEnv): TriageStore {
  return openTriageStore(loadConfig(env, ['databasePath']).databasePath);
}
