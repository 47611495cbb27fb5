import type { CommandEntry } from './command.ts';

const format = { '--format table|json|csv': 'a table by default' };
const at = { '--at WHEN': 'as of 2026-03-03T12:00Z, or of the end of 2026-03-03 in AUDIT_TIMEZONE' };
const asOf = { '--run N': 'as of that run', ...at };
const owner = { '--owner NAME-OR-ID': 'only of the account with that user name, display name or membership id' };
const limit = { '--limit N': 'at most N of them' };
const period = {
  '--since WHEN': 'from that instant, or from the beginning of that day',
  '--until WHEN': 'before that instant, or until the end of that day',
};

/** Every command, in the order of the help. */
export const commands: Record<string, CommandEntry> = {
  start: {
    summary: 'the unattended worker: audits on schedule, delivers mail, until it is stopped',
    notes: ['It logs JSON lines to stdout. On SIGTERM and SIGINT it shuts down cleanly.'],
    logsToStdout: true,
    load: () => import('./start.ts'),
  },
  audit: {
    summary: 'one audit and the delivery of its mail, then exit',
    options: {
      '--dry-run': 'decide everything, keep nothing, send nothing; print the mail',
      '--fail-on SEVERITY': 'exit 5 when something is reported or open at or above critical, high, medium, low, info',
      '--mail-patience SECONDS': 'keep trying that long while mail waits',
      '--accept-removals': 'believe that the missing tokens were revoked, however many they are',
      '--format table|json': 'the outcome in words by default',
    },
    examples: ['audit --dry-run', 'audit --fail-on high --format json'],
    load: () => import('./audit.ts'),
  },
  check: {
    summary: 'whether configuration, database, Omni and mail server are ready; sends nothing',
    options: { '--adopt-url': 'let the database belong to OMNI_BASE_URL from now on, after a rename' },
    examples: ['check'],
    load: () => import('./check.ts'),
  },
  'send-test': {
    summary: 'a test mail to all readers, through the outbox like any other',
    examples: ['send-test'],
    load: () => import('./send-test.ts'),
  },
  status: {
    summary: 'last and next audit, tokens, open findings, mail, on one screen',
    options: format,
    examples: ['status'],
    load: () => import('./status.ts'),
  },
  preview: {
    summary: 'the mail about a run, as text or as an HTML file; sends nothing',
    options: {
      '--run N': 'the last complete run by default',
      '--sample': 'an invented digest with something in every section; needs no database',
      '--html FILE': 'write the HTML part there',
    },
    examples: ['preview --sample --html digest.html'],
    load: () => import('./preview.ts'),
  },
  runs: {
    summary: 'every run, newest first',
    options: { '--status STATUS': 'complete, failed, interrupted, running', ...period, ...limit, ...format },
    examples: ['runs --status failed --since 2026-03-01', 'runs --limit 7 --format json'],
    load: () => import('./runs.ts'),
  },
  tokens: {
    summary: 'the tokens as of the last complete run, or of another one',
    options: {
      ...asOf,
      '--type TYPE': 'organization, personal, mcp, or another type',
      ...owner,
      '--stale': 'only stale tokens',
      ...limit,
      ...format,
    },
    examples: ['tokens --stale', 'tokens --at 2026-03-31 --owner jane@acme.example', 'tokens --type mcp --format csv'],
    load: () => import('./tokens.ts'),
  },
  findings: {
    summary: 'what happened and what is open, newest first',
    options: {
      '--run N': 'only what that run reported',
      ...at,
      '--open': 'only open conditions, acknowledged ones among them',
      '--acknowledged': 'only acknowledged conditions: by whom, why, until when',
      '--kind KIND': 'for example token-created; docs/findings.md lists all',
      '--severity SEVERITY': 'only of that severity: critical, high, medium, low, info',
      ...owner,
      ...period,
      ...limit,
      ...format,
    },
    examples: [
      'findings --open --severity medium',
      'findings --acknowledged',
      'findings --run 2 --format json',
      'findings --at 2026-03-31 --kind token-stale',
      'findings --kind token-created --since 2026-03-01 --until 2026-03-31',
    ],
    load: () => import('./findings.ts'),
  },
  history: {
    usage: 'TOKEN-ID | --owner NAME-OR-ID',
    summary: 'the life of a token, or of an account with the tokens that it owns or owned, oldest first',
    options: {
      'TOKEN-ID': 'of a present or former token; its beginning is enough if it is unique',
      '--owner NAME-OR-ID': 'a user name, a display name, a membership id or its beginning',
      ...format,
    },
    examples: ['history 3f1c9a52', 'history --owner jane@acme.example'],
    load: () => import('./history.ts'),
  },
  diff: {
    usage: 'FROM TO',
    summary: 'what changed between two moments',
    options: {
      'FROM, TO': 'the numbers of two runs, or days (to their end, in AUDIT_TIMEZONE), or instants',
      ...format,
    },
    examples: ['diff 2026-03-01 2026-04-01', 'diff 1 2 --format csv'],
    load: () => import('./diff.ts'),
  },
  ack: {
    usage: 'ID --reason TEXT --by WHO',
    summary: 'accept for a time what is open; the next digest reports it',
    options: {
      ID: 'of a token, a condition or an owner, or its beginning; or the name or address of an owner',
      '--reason TEXT': 'why it is accepted; every reader of the digest sees it',
      '--by WHO': 'who accepts it',
      '--until YYYY-MM-DD': 'its last day, in AUDIT_TIMEZONE; 90 days from today by default, 400 at most',
    },
    notes: [
      'It covers what is open now, at its present level. It ends by itself when that escalates, and when the',
      'token gets another owner or type, or is enabled again. The next digest reports each end.',
    ],
    examples: ['ack 3f1c9a52-7b1e-4d0a-9c55-000000000011 --reason "rotated in spring" --by "Ann Archer"'],
    load: () => import('./ack.ts'),
  },
  unack: {
    usage: 'ID --by WHO',
    summary: 'take an acknowledgement back; the next digest reports it',
    options: { ID: 'as for ack', '--by WHO': 'who takes it back' },
    examples: ['unack 3f1c9a52-7b1e-4d0a-9c55-000000000011 --by "Ann Archer"'],
    load: () => import('./unack.ts'),
  },
  mail: {
    summary: 'every mail and its way to each recipient, newest first',
    options: {
      '--show ID': 'the text of that mail as it was sent, and where it went',
      '--run N': 'only mails about that run',
      ...limit,
      '--retry': 'make waiting and parked mail due and try it now',
      '--discard ID': 'give up the deliveries of that mail that are not sent',
      '--reason TEXT': 'why it is given up; kept with it',
      ...format,
    },
    examples: ['mail', 'mail --show 1', 'mail --retry'],
    load: () => import('./mail.ts'),
  },
  healthcheck: {
    summary: 'exit 0 if the worker does its work, else 1 and the reasons',
    options: { '--live': 'only that the worker runs and the database opens' },
    examples: ['healthcheck'],
    load: () => import('./healthcheck.ts'),
  },
  backup: {
    usage: 'FILE',
    summary: 'a consistent copy of the database, also while the worker runs',
    examples: ['backup audit-copy.db'],
    load: () => import('./backup.ts'),
  },
  demo: {
    summary: 'two audits against a bundled Omni simulator and mail inbox',
    load: () => import('./demo.ts'),
  },
};
