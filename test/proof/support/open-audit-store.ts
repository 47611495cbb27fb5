import { takeAuditLock } from '../../../src/store/audit-lock.ts';
import { openAuditStore } from '../../../src/stores.ts';

// Creates the database in its first argument as an audit does, and opens it.
const [, , path = ''] = process.argv;
using _lock = takeAuditLock(path);
openAuditStore(path, new Date())[Symbol.dispose]();
