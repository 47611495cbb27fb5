/** The default of DATABASE_PATH, in a file of its own: it is needed before anything else is loaded. */
export const defaultDatabasePath = './data/audit.db';
