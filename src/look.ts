import { dirname, resolve } from 'node:path';
import { loadConfig } from './config/config.ts';
import type { RenderedMail } from './mail/message.ts';
import type { Finding } from './rules/finding.ts';
import type { Run } from './store/runs.ts';
import type { MailStore, ReadStore, TriageStore } from './stores.ts';

/**
 * For commands that only look: they need DATABASE_PATH alone, and load neither HTTP nor mail.
 *
 * @throws ConfigError, DatabaseError
 */
export async function openForReading(env: NodeJS.ProcessEnv): Promise<ReadStore> {
  const { databasePath } = loadConfig(env, ['databasePath']);
  const { openReadStore } = await importStore(databasePath);
  return openReadStore(databasePath);
}

/** For managing mail beside a running audit. @throws ConfigError, DatabaseError */
export async function openMail(env: NodeJS.ProcessEnv): Promise<MailStore> {
  const { databasePath } = loadConfig(env, ['databasePath']);
  const { openMailStore } = await importStore(databasePath);
  return openMailStore(databasePath);
}

/** For what a person decides beside a running audit. @throws ConfigError, DatabaseError */
export async function openForTriage(env: NodeJS.ProcessEnv): Promise<TriageStore> {
  const { databasePath } = loadConfig(env, ['databasePath']);
  const { openTriageStore } = await importStore(databasePath);
  return openTriageStore(databasePath);
}

/** The mail about a complete run as it would be rendered now; null when there is no such run. */
export async function previewMail(
  env: NodeJS.ProcessEnv,
  store: ReadStore,
  runId: number,
): Promise<RenderedMail | null> {
  const { organizationName } = loadConfig(env, ['organizationName']);
  const { renderMail } = await import('./digest/render/render-mail.ts');
  const { runContent } = await import('./digest/content/run-content.ts');
  const report = store.history.runReport(runId);
  const baseUrl = store.organisation.baseUrl();
  if (report === null || baseUrl === null) return null;
  const context = { organizationName: organizationName(baseUrl), baseUrl, hasAttachments: false };
  return renderMail(runContent(report, context));
}

/** What differs between two complete runs, in the words and the look of a digest. */
export async function describeDiff(
  env: NodeJS.ProcessEnv,
  store: ReadStore,
  runs: readonly [Run, Run],
  findings: Iterable<Finding>,
): Promise<RenderedMail> {
  const { organizationName } = loadConfig(env, ['organizationName']);
  const { renderMail } = await import('./digest/render/render-mail.ts');
  const { diffContent } = await import('./digest/content/diff-content.ts');
  const baseUrl = store.organisation.baseUrl() ?? '';
  const context = { organizationName: organizationName(baseUrl), baseUrl, hasAttachments: false };
  return renderMail(diffContent(runs, findings, context));
}

/** A digest with something in every section, about an organisation that does not exist. */
export async function previewSample(): Promise<RenderedMail> {
  const { renderMail } = await import('./digest/render/render-mail.ts');
  const { runContent } = await import('./digest/content/run-content.ts');
  const { sampleContext, sampleReport } = await import('./demo/sample-report.ts');
  return renderMail(runContent(sampleReport, sampleContext));
}

/**
 * SQLite reads this variable once, when it is loaded: a read-only container without a writable
 * temporary folder would otherwise fail, and only when a listing is large enough to spill.
 */
export async function importStore(databasePath: string): Promise<typeof import('./stores.ts')> {
  process.env.SQLITE_TMPDIR ??= resolve(dirname(databasePath));
  return await import('./stores.ts');
}
