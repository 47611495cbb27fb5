/** The default of DATABASE_PATH. It has its own file, because start-up needs it before anything else is loaded. */
export const defaultDatabasePath = './data/audit.db';
