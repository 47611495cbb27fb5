import { loadConfig } from '../config/settings.ts';
import { openReadStore, openSharedStore, type ReadStore, type SharedStore } from '../stores.ts';

/** Opens the database for a query command, which needs only DATABASE_PATH. @throws ConfigError, DatabaseError */
export function openForReading(env: NodeJS.ProcessEnv): ReadStore {
  return openReadStore(loadConfig(env, ['databasePath']).databasePath);
}

/** Opens the database to store an operator's decision, even while an audit is running. @throws ConfigError, DatabaseError */
export function openForWriting(env: NodeJS.ProcessEnv): SharedStore {
  return openSharedStore(loadConfig(env, ['databasePath']).databasePath);
}
