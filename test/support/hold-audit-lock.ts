import { takeAuditLock } from '../../src/store/audit-lock.ts';

// Holds the audit lock of the database in its first argument until it is killed.
const [, , databasePath = ''] = process.argv;
const lock = takeAuditLock(databasePath);
process.stdout.write('held\n');
process.stdin.resume();
process.stdin.on('end', () => lock[Symbol.dispose]());
