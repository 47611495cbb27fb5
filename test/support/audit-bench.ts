import type { TestContext } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import type { CompleteAudit, FailedAudit } from '../../src/audit/audit-result.ts';
import { reportStuckAudit } from '../../src/audit/report-stuck-audit.ts';
import { type AuditDeps, type AuditOptions, runAudit } from '../../src/audit/run-audit.ts';
import type { OmniSimulator } from '../../src/demo/omni-simulator.ts';
import type { MailContext } from '../../src/digest/content/mail-content.ts';
import type { StuckAuditError } from '../../src/errors.ts';
import { createJudge } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { readTables } from './database-rows.ts';
import { defaultRules } from './default-rules.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { type LogLine, recordLog } from './log-lines.ts';
import { recipient, someMessage } from './messages.ts';
import { noAbort } from './no-abort.ts';
import { someOmniApi } from './omni-api.ts';
import { People } from './people.ts';
import { simulated, startSomeOmni } from './some-omni.ts';
import { msPerHour } from './spans.ts';
import { tempDatabase } from './temp-folder.ts';

/** Throws. Replaces a part that has to fail. */
export function poisoned(): never {
  throw new Error('a poisonous name');
}

const acme: MailContext = {
  organizationName: 'Acme',
  baseUrl: 'https://acme.omniapp.co',
  hasAttachments: false,
  timeZone: 'UTC',
};
/** Makes every mail fail to render. */
export const poisonousContext: MailContext = Object.defineProperty({ ...acme }, 'organizationName', { get: poisoned });

/** The tables that every run writes, and those that its mail is written to. */
export const runTables = ['runs', 'sqlite_sequence'];
export const mailTables = ['messages', 'deliveries'];

/** An audit with the real store in a file, the real client and a simulated organisation. */
export interface AuditBench extends AsyncDisposable {
  omni: OmniSimulator;
  store: AuditStore;
  clock: FakeClock;
  path: string;
  log: LogLine[];
  people: People;
  /** Replaces dependencies of the audits that follow. */
  deps: Partial<AuditDeps>;
  audit(options?: Partial<AuditOptions>, signal?: AbortSignal): Promise<CompleteAudit | FailedAudit>;
  /** Like `audit`, but throws when the audit fails. */
  completeAudit(options?: Partial<AuditOptions>): Promise<CompleteAudit>;
  /** Finds the lock taken. `aliveAt`: when the process that holds it last showed that it was alive. */
  reportStuck(aliveAt: Date): StuckAuditError | null;
  /** Returns rows as another program sees them. */
  rows(sql: string): Record<string, unknown>[];
  /** Returns all rows of all tables except these. */
  dump(...except: string[]): Record<string, unknown[]>;
}

export async function startAuditBench(context: TestContext, tokens: Token[]): Promise<AuditBench> {
  const clock = createFakeClock();
  const path = tempDatabase(context);
  const listed = simulated(tokens);
  const people = new People(listed);
  const omni = await startSomeOmni({ tokens: listed, users: () => people.users() });
  omni.now = () => clock.now().getTime();
  const store = openAuditStore(path, clock.now());
  const reader = new BetterSqlite3(path, { readonly: true });
  const { log, lines } = recordLog('debug');
  let mailNumber = 0;
  let isClosed = false;

  const depsOf = (): AuditDeps => ({
    store,
    omni: someOmniApi(omni.baseUrl, { clock }),
    random: Math.random,
    clock,
    log,
    judge: createJudge(defaultRules),
    baseUrl: omni.baseUrl,
    deadlineMs: 60_000,
    requestsPerMinute: 6000,
    readRegister: () => ({ kind: 'none' }),
    retentionDays: 0,
    lockedBy: 'the test',
    context: acme,
    policy: { digestWhen: 'changes', reminderDays: 0, inventoryDays: 0, timeZone: 'UTC' },
    alertAfterMs: msPerHour,
    recipients: [recipient],
    address(kind, { isCritical: _, ...rendered }, now, { attachments }) {
      const message = someMessage(++mailNumber, { ...rendered, kind, createdAt: now.toISOString(), attachments });
      return { message, recipients: [recipient] };
    },
    ...bench.deps,
  });

  const bench: AuditBench = {
    omni,
    people,
    store,
    clock,
    path,
    log: lines,
    deps: {},
    audit(options = {}, signal = noAbort) {
      return runAudit(depsOf(), { trigger: 'manual', dryRun: false, acceptRemovals: false, ...options }, signal);
    },
    reportStuck: (aliveAt) => reportStuckAudit({ ...depsOf(), aliveAt }, clock.now()),
    async completeAudit(options) {
      const audit = await bench.audit(options);
      if (audit.status === 'failed') throw audit.error;
      return audit;
    },
    rows: (sql) => reader.prepare<[], Record<string, unknown>>(sql).all(),
    dump: (...except) =>
      Object.fromEntries(Object.entries(readTables(path)).filter(([table]) => !except.includes(table))),
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      reader.close();
      store[Symbol.dispose]();
      await omni.close();
    },
  };
  // Even when a test fails before it disposes of the bench: an open server would keep the process alive.
  context.after(() => bench[Symbol.asyncDispose]());
  return bench;
}
