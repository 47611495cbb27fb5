import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Inbox, startInbox } from '../src/demo/inbox.ts';
import { type Figures, measure, program } from './measure.ts';
import type { BenchOrganisation } from './omni-server.ts';

/** An organisation, served by another process, and the database of its audits. */
export interface WatchedOrganisation extends AsyncDisposable {
  set(organisation: BenchOrganisation): Promise<void>;
  audit(): Promise<Figures>;
  bareWalk(): Promise<Figures>;
  databaseBytes(): number;
  /** The environment of its audits. */
  env: NodeJS.ProcessEnv;
}

export async function watchOrganisation(): Promise<WatchedOrganisation> {
  const server = fork(fileURLToPath(new URL('./omni-server.ts', import.meta.url)));
  const [address] = await once(server, 'message');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  const inbox: Inbox = await startInbox();
  const folder = mkdtempSync(join(tmpdir(), 'bench-database-'));
  const databasePath = join(folder, 'audit.db');
  const env = {
    OMNI_BASE_URL: baseUrl,
    OMNI_API_TOKEN: 'bench',
    // The maximum. 100,000 tokens take 1,000 requests, which it allows without a wait.
    OMNI_REQUESTS_PER_MINUTE: '6000',
    ORGANIZATION_NAME: 'Bench',
    DATABASE_PATH: databasePath,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(inbox.port),
    SMTP_SECURITY: 'none',
    MAIL_FROM: 'audit@acme.example',
    MAIL_TO: 'security@acme.example',
    REMINDER_DAYS: '0',
    INVENTORY_DAYS: '0',
    LOG_LEVEL: 'fatal',
  };
  return {
    env,
    async set(organisation) {
      server.send(organisation);
      await once(server, 'message');
    },
    audit: () => measure(program, ['audit', '--format', 'json'], env),
    bareWalk: () => measure('./bare-walk.ts', [baseUrl], {}),
    // 0 before the first audit.
    databaseBytes: () => statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0,
    async [Symbol.asyncDispose]() {
      server.disconnect();
      await inbox.close();
      rmSync(folder, { recursive: true });
    },
  };
}
