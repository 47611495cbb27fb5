import type { CommandEntry } from './command.ts';

const format = { '--format table|json|csv': 'output format, table by default' };
const at = {
  '--at WHEN': 'as of a point in time (2026-03-03T12:00Z) or the end of a day (2026-03-03, in AUDIT_TIMEZONE)',
};
const asOf = { '--run N': 'as of this run', ...at };
const owner = { '--owner NAME-OR-ID': 'only this account: a user name, a display name or a membership id' };
const limit = { '--limit N': 'at most N rows' };
const period = {
  '--since WHEN': 'from this time, or from the start of this day',
  '--until WHEN': 'until this time, or until the end of this day',
};

/** Every command, in the order of the help. */
export const commands: Record<string, CommandEntry> = {
  start: {
    summary: 'run the unattended worker: audit on schedule and deliver mail until stopped',
    notes: ['It logs JSON lines to stdout. On SIGTERM, SIGINT or SIGHUP it shuts down cleanly.'],
    logsToStdout: true,
    load: () => import('./start.ts'),
  },
  audit: {
    summary: 'run one audit and deliver its mail, then exit',
    options: {
      '--dry-run': 'print the mail instead of sending it, and store nothing',
      '--fail-on SEVERITY': 'exit 5 if a reported or open finding is at least critical, high, medium, low or info',
      '--mail-patience SECONDS': 'keep trying to deliver waiting mail for this long',
      '--accept-removals': 'accept missing tokens as removed, however many there are',
      '--format table|json': 'output format, plain text by default',
    },
    examples: ['audit --dry-run', 'audit --fail-on high --format json'],
    load: () => import('./audit.ts'),
  },
  check: {
    summary: 'test the configuration, database, Omni and mail server, without sending anything',
    options: { '--adopt-url': 'bind the database to the current OMNI_BASE_URL, after the organisation was renamed' },
    examples: ['check'],
    load: () => import('./check.ts'),
  },
  'send-test': {
    summary: 'send a test mail to all recipients, through the outbox like any other mail',
    examples: ['send-test'],
    load: () => import('./send-test.ts'),
  },
  status: {
    summary: 'show the last and next audit, tokens, open findings and mail on one screen',
    options: format,
    examples: ['status'],
    load: () => import('./status.ts'),
  },
  preview: {
    summary: 'show the mail about a run as text or HTML, without sending anything',
    options: {
      '--run N': 'the run, by default the last completed one',
      '--sample': 'a made-up digest that shows every section; needs no database',
      '--html FILE': 'write the HTML part to this new file',
      '--force': 'replace the file if it exists',
    },
    examples: ['preview --sample --html digest.html'],
    load: () => import('./preview.ts'),
  },
  runs: {
    summary: 'list runs, newest first',
    options: {
      '--status STATUS': 'only this status: complete, failed, interrupted or running',
      ...period,
      ...limit,
      ...format,
    },
    examples: ['runs --status failed --since 2026-03-01', 'runs --limit 7 --format json'],
    load: () => import('./runs.ts'),
  },
  tokens: {
    summary: 'list the tokens as of the last completed run, or of an earlier one',
    options: {
      ...asOf,
      '--type TYPE': 'only this type: organization, personal, mcp or any other',
      ...owner,
      '--stale': 'only stale tokens',
      ...limit,
      ...format,
    },
    examples: ['tokens --stale', 'tokens --at 2026-03-31 --owner jane@acme.example', 'tokens --type mcp --format csv'],
    load: () => import('./tokens.ts'),
  },
  register: {
    summary: 'print the register of tokens as CSV, ready to edit',
    notes: [
      'It prints a row for each current token, with what TOKEN_REGISTER_FILE says about it. Never redirect it into that file:',
      'write a new one, then move it there. Rows of tokens that do not exist are left out, and stderr names them.',
      'docs/access-review.md has the whole review.',
    ],
    examples: ['register > register.new.csv'],
    load: () => import('./register.ts'),
  },
  findings: {
    summary: 'list findings, both events and conditions, newest first',
    options: {
      '--run N': 'only what this run reported',
      ...at,
      '--open': 'only open conditions, including acknowledged ones',
      '--acknowledged': 'only acknowledged conditions, with who accepted them, why and until when',
      '--kind KIND': 'only this kind, such as token-created; docs/findings.md lists all kinds',
      '--severity SEVERITY': 'only this severity: critical, high, medium, low or info',
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
    summary: 'show the history of a token, or of an account and its tokens, oldest first',
    options: {
      'TOKEN-ID': 'the id of a current or former token, or enough leading characters to be unique',
      '--owner NAME-OR-ID': 'a user name, a display name, or a membership id or its first characters',
      ...format,
    },
    examples: ['history 3f1c9a52', 'history --owner jane@acme.example'],
    load: () => import('./history.ts'),
  },
  diff: {
    usage: 'FROM TO',
    summary: 'show what changed between two runs, days or points in time',
    options: {
      'FROM, TO': 'two run numbers, days (their end, in AUDIT_TIMEZONE) or points in time',
      ...format,
    },
    examples: ['diff 2026-03-01 2026-04-01', 'diff 1 2 --format csv'],
    load: () => import('./diff.ts'),
  },
  ack: {
    usage: 'ID --reason TEXT --by WHO',
    summary: 'accept open findings for a limited time. The next digest reports the acknowledgement',
    options: {
      ID: 'the id of a finding, token or owner; for a token or owner, at least 6 leading characters are enough; for an owner, also a user name or display name',
      '--reason TEXT': 'the reason; every recipient of the digest sees it',
      '--by WHO': 'who accepts the findings',
      '--until YYYY-MM-DD':
        'the last day of the acknowledgement (in AUDIT_TIMEZONE): 90 days from today by default, at most 400',
    },
    notes: [
      'An acknowledgement covers what is open now, at its current level. It ends early if the finding escalates,',
      'or if the token changes owner or type, or is re-enabled. For an owner’s finding, it also ends early if the',
      'owner gets another token. If it ends early, the next digest says so.',
    ],
    examples: ['ack 3f1c9a52-7b1e-4d0a-9c55-000000000011 --reason "rotation planned for spring" --by "Ann Archer"'],
    load: () => import('./ack.ts'),
  },
  unack: {
    usage: 'ID --by WHO',
    summary: 'revoke an acknowledgement. The next digest reports this',
    options: { ID: 'as for ack', '--by WHO': 'who revokes it' },
    examples: ['unack 3f1c9a52-7b1e-4d0a-9c55-000000000011 --by "Ann Archer"'],
    load: () => import('./unack.ts'),
  },
  mail: {
    summary: 'list messages and their deliveries, newest first; retry or discard them',
    options: {
      '--show ID': 'show the text of this message as it was sent, and its deliveries',
      '--run N': 'only messages about this run',
      ...limit,
      '--retry': 'try to deliver waiting and parked mail now',
      '--discard ID': 'cancel every delivery of this message that has not been sent',
      '--reason TEXT': 'the reason for --discard, which is stored with the message',
      ...format,
    },
    examples: ['mail', 'mail --show 1', 'mail --retry'],
    load: () => import('./mail.ts'),
  },
  healthcheck: {
    summary: 'exit 0 if audits and mail are healthy, otherwise 1 with the reasons',
    options: {
      '--live':
        'only check that the worker is running and the database opens; detects a dead worker after at most two minutes',
    },
    examples: ['healthcheck'],
    load: () => import('./healthcheck.ts'),
  },
  backup: {
    usage: 'FILE',
    summary: 'write a consistent copy of the database, even while the worker is running',
    examples: ['backup audit-copy.db'],
    load: () => import('./backup.ts'),
  },
  demo: {
    summary: 'run two audits against a bundled Omni simulator and mail inbox',
    load: () => import('./demo.ts'),
  },
};
