import { loadConfig } from '../config/settings.ts';
import { openReadStore, openSharedStore, type ReadStore, type SharedStore } from '../stores.ts';

/** Opens the database for a query command, which needs DATABASE_PATH alone. @throws ConfigError, DatabaseError */
export function openForReading(env: NodeJS.ProcessEnv): ReadStore {
  return openReadStore(loadConfig(env, ['databasePath']).databasePath);
}

/** Opens the database for what a person decides beside a running audit. @throws ConfigError, DatabaseError */
export function openForWriting(env: NodeJS.ProcessEnv): SharedStore {
  return openSharedStore(loadConfig(env, ['databasePath']).databasePath);
}
