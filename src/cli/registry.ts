import type { CommandEntry } from './command.ts';

const listingDetails = ['--format table|json|csv   a table by default'];
const atDetail = '--at WHEN                 as of 2026-03-03T12:00Z, or of the end of 2026-03-03 in AUDIT_TIMEZONE';
const asOfDetails = ['--run N                   as of that run', atDetail];
const ownerDetail = '--owner NAME-OR-ID        only of the account with that user name, display name or membership id';
const periodDetails = [
  '--since WHEN              from that instant, or from the beginning of that day',
  '--until WHEN              before that instant, or until the end of that day',
];
const limitDetail = '--limit N                 at most N of them';

/** Every command, in the order of the help. */
export const commands: Record<string, CommandEntry> = {
  start: {
    synopsis: '',
    summary: 'the unattended worker: audits on schedule, delivers mail, until it is stopped',
    details: ['It logs JSON lines to stdout. SIGTERM and SIGINT end it in good order.'],
    logsToStdout: true,
    load: () => import('./start.ts'),
  },
  audit: {
    synopsis: '[--dry-run] [--fail-on SEVERITY] [--mail-patience SECONDS] [--accept-removals] [--format json]',
    summary: 'one audit and the delivery of its mail, then exit',
    details: [
      '--dry-run                 decide everything, keep nothing, send nothing; print the mail',
      '--fail-on SEVERITY        exit 5 when something is told or stands at or above critical, high, medium, low, info',
      '--mail-patience SECONDS   keep trying that long while mail waits',
      '--accept-removals         believe that the tokens which are gone were revoked, however many they are',
      '--format json             the outcome as JSON',
    ],
    examples: ['audit --dry-run', 'audit --fail-on high --format json'],
    load: () => import('./audit.ts'),
  },
  check: {
    synopsis: '[--adopt-url]',
    summary: 'whether configuration, database, Omni and mail server are ready; sends nothing',
    details: ['--adopt-url               let the database belong to OMNI_BASE_URL from now on, after a rename'],
    examples: ['check'],
    load: () => import('./check.ts'),
  },
  'send-test': {
    synopsis: '',
    summary: 'a test mail to all readers, through the outbox like any other',
    details: [],
    examples: ['send-test'],
    load: () => import('./send-test.ts'),
  },
  status: {
    synopsis: '[--format FORMAT]',
    summary: 'last and next audit, tokens, open findings, mail, on one screen',
    details: listingDetails,
    examples: ['status'],
    load: () => import('./status.ts'),
  },
  preview: {
    synopsis: '[--run N] [--sample] [--html FILE]',
    summary: 'the mail about a run, as text or as an HTML file; sends nothing',
    details: [
      '--run N                   the last complete run unless told',
      '--sample                  an invented digest with something in every section; needs no database',
      '--html FILE               write the HTML part there',
    ],
    examples: ['preview --sample --html digest.html'],
    load: () => import('./preview.ts'),
  },
  runs: {
    synopsis: '[--status STATUS] [--since WHEN] [--until WHEN] [--limit N] [--format FORMAT]',
    summary: 'every run, newest first',
    details: [
      '--status STATUS           complete, failed, interrupted, running',
      ...periodDetails,
      limitDetail,
      ...listingDetails,
    ],
    examples: ['runs --status failed --since 2026-03-01', 'runs --limit 7 --format json'],
    load: () => import('./runs.ts'),
  },
  tokens: {
    synopsis: '[--run N | --at WHEN] [--type TYPE] [--owner NAME-OR-ID] [--stale] [--limit N] [--format FORMAT]',
    summary: 'the tokens as of the last complete run, or of another one',
    details: [
      ...asOfDetails,
      '--type TYPE               organization, personal, mcp, or another type',
      ownerDetail,
      '--stale                   only stale tokens',
      limitDetail,
      ...listingDetails,
    ],
    examples: ['tokens --stale', 'tokens --at 2026-03-31 --owner jane@acme.example', 'tokens --type mcp --format csv'],
    load: () => import('./tokens.ts'),
  },
  findings: {
    synopsis:
      '[--run N | --at WHEN] [--open] [--acknowledged] [--kind KIND] [--severity SEVERITY] [--owner NAME-OR-ID] [--since WHEN] [--until WHEN] [--limit N] [--format FORMAT]',
    summary: 'what happened and what is open, newest first',
    details: [
      '--run N                   only what that run reported',
      atDetail,
      '--open                    only open conditions, acknowledged ones among them',
      '--acknowledged            only acknowledged conditions: by whom, why, until when',
      '--kind KIND               for example token-created; docs/findings.md lists all',
      '--severity SEVERITY       only of that severity: critical, high, medium, low, info',
      ownerDetail,
      ...periodDetails,
      limitDetail,
      ...listingDetails,
    ],
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
    synopsis: 'TOKEN-ID | --owner NAME-OR-ID [--format FORMAT]',
    summary: 'the life of a token, or of an account with the tokens that it owns or owned, oldest first',
    details: [
      'TOKEN-ID                  of a present or former token; its beginning is enough if it is unique',
      '--owner NAME-OR-ID        a user name, a display name, a membership id or its beginning',
      ...listingDetails,
    ],
    examples: ['history 3f1c9a52', 'history --owner jane@acme.example'],
    load: () => import('./history.ts'),
  },
  diff: {
    synopsis: 'FROM TO [--format FORMAT]',
    summary: 'what changed between two moments',
    details: [
      'FROM, TO                  the numbers of two runs, or days (to their end, in AUDIT_TIMEZONE), or instants',
      ...listingDetails,
    ],
    examples: ['diff 2026-03-01 2026-04-01', 'diff 1 2 --format csv'],
    load: () => import('./diff.ts'),
  },
  ack: {
    synopsis: 'ID --reason TEXT --by WHO [--until YYYY-MM-DD]',
    summary: 'accept for a time what is open; the next digest reports it',
    details: [
      'ID                        of a token, or of one condition (`findings --open`), or the id, name or address of',
      '                          an owner; 6 characters from the beginning of an id are enough if they are unique',
      '--reason TEXT             why it is accepted; every reader of the digest sees it',
      '--by WHO                  who accepts it',
      '--until YYYY-MM-DD        its last day, in AUDIT_TIMEZONE; 90 days from today by default, 400 at most',
      '',
      'It covers what is open now, at its present level. It ends by itself when that escalates, and when the',
      'token gets another owner or type, or is enabled again. The next digest reports each end.',
    ],
    examples: ['ack 3f1c9a52-7b1e-4d0a-9c55-000000000011 --reason "rotated in spring" --by "Ann Archer"'],
    load: () => import('./ack.ts'),
  },
  unack: {
    synopsis: 'ID --by WHO',
    summary: 'take an acknowledgement back; the next digest reports it',
    details: ['ID                        as for ack', '--by WHO                  who takes it back'],
    examples: ['unack 3f1c9a52-7b1e-4d0a-9c55-000000000011 --by "Ann Archer"'],
    load: () => import('./unack.ts'),
  },
  mail: {
    synopsis: '[--show ID] [--run N] [--limit N] [--retry] [--discard ID --reason TEXT] [--format FORMAT]',
    summary: 'every mail and its way to each recipient, newest first',
    details: [
      '--show ID                 the text of that mail as it was sent, and where it went',
      '--run N                   only mails about that run',
      limitDetail,
      '--retry                   make waiting and parked mail due and try it now',
      '--discard ID              give up the deliveries of that mail that are not sent',
      '--reason TEXT             why it is given up; kept with it',
      ...listingDetails,
    ],
    examples: ['mail', 'mail --show 1', 'mail --retry'],
    load: () => import('./mail.ts'),
  },
  healthcheck: {
    synopsis: '[--live]',
    summary: 'exit 0 if the worker does its work, else 1 and the reasons',
    details: ['--live                    only that the worker runs and the database opens'],
    examples: ['healthcheck'],
    load: () => import('./healthcheck.ts'),
  },
  backup: {
    synopsis: 'FILE',
    summary: 'a consistent copy of the database, also while the worker runs',
    details: [],
    examples: ['backup audit-copy.db'],
    load: () => import('./backup.ts'),
  },
  demo: {
    synopsis: '',
    summary: 'two audits against a bundled Omni simulator and mail inbox',
    details: [],
    load: () => import('./demo.ts'),
  },
};
