import type { CommandEntry } from './command.ts';

const listingDetails = ['--format table|json|csv   table unless told'];

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
    load: () => import('./audit.ts'),
  },
  check: {
    synopsis: '[--adopt-url]',
    summary: 'whether configuration, database, Omni and mail server are ready; sends nothing',
    details: ['--adopt-url               let the database belong to OMNI_BASE_URL from now on, after a rename'],
    load: () => import('./check.ts'),
  },
  'send-test': {
    synopsis: '',
    summary: 'a test mail to all readers, through the outbox like any other',
    details: [],
    load: () => import('./send-test.ts'),
  },
  status: {
    synopsis: '[--format FORMAT]',
    summary: 'last and next audit, tokens, open findings, mail, on one screen',
    details: listingDetails,
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
    load: () => import('./preview.ts'),
  },
  runs: {
    synopsis: '[--format FORMAT]',
    summary: 'every attempt at an audit, newest first',
    details: listingDetails,
    load: () => import('./runs.ts'),
  },
  tokens: {
    synopsis: '[--run N] [--type TYPE] [--stale] [--format FORMAT]',
    summary: 'the snapshot of the last complete run, or of run N',
    details: [
      '--run N                   the snapshot of that run',
      '--type TYPE               organization, personal, mcp, or another type',
      '--stale                   only stale tokens',
      ...listingDetails,
    ],
    load: () => import('./tokens.ts'),
  },
  findings: {
    synopsis: '[--run N] [--open] [--format FORMAT]',
    summary: 'what happened and what stands, newest first',
    details: [
      '--run N                   only what that run told',
      '--open                    only conditions that stand',
      ...listingDetails,
    ],
    load: () => import('./findings.ts'),
  },
  ack: {
    synopsis: 'ID --reason TEXT --by WHO [--until YYYY-MM-DD]',
    summary: 'accept for a time that something stands; told in the next digest',
    details: [
      'ID                        of a token, of an owner (its membership id), or of one condition (`findings --open`)',
      '--reason TEXT             why it may stand; every reader of the digest sees it',
      '--by WHO                  who accepts it',
      '--until YYYY-MM-DD        its last day, in AUDIT_TIMEZONE; in 90 days unless told, in 400 at most',
      '',
      'It covers what is open now, at its level of now. It ends by itself when that worsens, when the token',
      'gets another owner or type, or is enabled again; each end is told.',
    ],
    load: () => import('./ack.ts'),
  },
  unack: {
    synopsis: 'ID --by WHO',
    summary: 'take an acknowledgement back; told in the next digest',
    details: ['ID                        as for ack', '--by WHO                  who takes it back'],
    load: () => import('./unack.ts'),
  },
  mail: {
    synopsis: '[--retry] [--discard ID --reason TEXT] [--format FORMAT]',
    summary: 'every mail and its way to each recipient, newest first',
    details: [
      '--retry                   make waiting and parked mail due and try it now',
      '--discard ID              give up what is not sent of that mail',
      '--reason TEXT             why it is given up; kept with it',
      ...listingDetails,
    ],
    load: () => import('./mail.ts'),
  },
  healthcheck: {
    synopsis: '[--live]',
    summary: 'exit 0 if the worker does its work, else 1 and the reasons',
    details: ['--live                    only that the worker runs and the database opens'],
    load: () => import('./healthcheck.ts'),
  },
  backup: {
    synopsis: 'FILE',
    summary: 'a consistent copy of the database, also while the worker runs',
    details: [],
    load: () => import('./backup.ts'),
  },
  demo: {
    synopsis: '',
    summary: 'two audits against a bundled Omni simulator and mail inbox',
    details: [],
    load: () => import('./demo.ts'),
  },
};
