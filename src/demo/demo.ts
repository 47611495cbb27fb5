import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditResult } from '../audit/audit-job.ts';
import { type Clock, systemClock } from '../clock.ts';
import { msPerDay } from '../time/duration.ts';
import { createApp } from '../wiring.ts';
import { type Inbox, startInbox } from './inbox.ts';
import { type OmniSimulator, startOmniSimulator } from './omni-simulator.ts';
import { createStory } from './story.ts';

/**
 * Audits a simulated organisation twice, a day apart, with a real HTTP server, a real SQLite file and a real SMTP server.
 * Nothing leaves this machine. Returns the exit code.
 */
export async function runDemo(print: (text: string) => void, signal: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'omni-token-audit-demo-'));
  const morning = new Date();
  const story = createStory(morning);
  await using omni = await startOmniSimulator({
    organisation: story.organisation,
    credentials: { [story.apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
  });
  await using inbox = await startInbox({ folder });
  const env = demoEnvironment(omni, inbox, story.apiToken, folder);
  const audit = (now: Date): Promise<AuditResult> => {
    omni.now = () => now.getTime();
    return createApp({ environment: () => env, clock: clockAt(now) }).audit(
      { trigger: 'manual', dryRun: false, acceptRemovals: false, patienceMs: 0 },
      signal,
    );
  };

  print(`A simulated Omni organisation is running at ${omni.baseUrl}, and an SMTP inbox at 127.0.0.1:${inbox.port}.\n`);
  print('\nThe first audit, yesterday: the baseline.\n');
  const first = await audit(new Date(morning.getTime() - msPerDay));
  if (!printMail(first, inbox, print)) return 1;

  print(
    '\nOvernight, an account that owns tokens is deactivated, and another one becomes a connection admin. One key is\n',
  );
  print(
    'created, one is rotated, one is disabled, one is re-enabled, and one becomes 180 days old. A personal token is\n',
  );
  print('revoked, and somebody connects an MCP client that nobody used before.\n');
  story.applyOvernightChanges();
  print('\nThe second audit, this morning: it reports what changed.\n');
  const second = await audit(morning);
  if (!printMail(second, inbox, print)) return 1;

  print(`\nEverything is in ${folder}. To query its database, run:\n`);
  print(`  DATABASE_PATH=${join(folder, 'audit.db')} ./omni-token-audit findings --open\n`);
  print('To audit your own organisation, see "Install" in README.md.\n');
  return 0;
}

/** Prints the mail that an audit sent. Returns false when the audit failed or its mail did not arrive. */
function printMail({ audit, delivery }: AuditResult, inbox: Inbox, print: (text: string) => void): boolean {
  const kept = inbox.mails.at(-1);
  if (audit.status === 'failed' || audit.mail === null || delivery.sent === 0 || kept === undefined) {
    print(`The demo failed: ${audit.status === 'failed' ? String(audit.error) : 'its mail did not arrive'}\n`);
    return false;
  }
  const { subject, text } = audit.mail;
  print(`\n${'─'.repeat(78)}\nSubject: ${subject}\n\n${text}${'─'.repeat(78)}\n`);
  print(`The mail as it arrived: ${kept.file}\n`);
  if (kept.htmlFile !== undefined) print(`Open it in a browser:   ${kept.htmlFile}\n`);
  return true;
}

function demoEnvironment(omni: OmniSimulator, inbox: Inbox, apiToken: string, folder: string): NodeJS.ProcessEnv {
  return {
    OMNI_BASE_URL: omni.baseUrl,
    OMNI_API_TOKEN: apiToken,
    // The simulator has no limit.
    OMNI_REQUESTS_PER_MINUTE: '6000',
    ORGANIZATION_NAME: 'Acme',
    DATABASE_PATH: join(folder, 'audit.db'),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(inbox.port),
    SMTP_SECURITY: 'none',
    MAIL_FROM: 'Omni tokens <audit@acme.example>',
    MAIL_TO: 'security@acme.example',
    LOG_LEVEL: 'fatal',
  };
}

function clockAt(now: Date): Clock {
  return { ...systemClock, now: () => now };
}
