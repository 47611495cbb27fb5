import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAudit } from '../src/audit/run-audit.ts';
import type { Clock } from '../src/clock.ts';
import { loadConfig } from '../src/config/settings.ts';
import { NotFoundError } from '../src/errors.ts';
import { createLogger } from '../src/logging.ts';
import { addressMail } from '../src/mail/address-mail.ts';
import { createOmniApi } from '../src/omni/create-omni-api.ts';
import type { OmniHttp } from '../src/omni/http.ts';
import { createJudge } from '../src/rules/judge.ts';
import { openAuditStore } from '../src/stores.ts';
import { msPerHour } from '../test/support/spans.ts';
import { median } from './measure.ts';

/** A year of hourly audits. */
export interface YearFigures {
  tokens: number;
  audits: number;
  mails: number;
  databaseMb: number;
  /** CPU time of a quiet audit: the median over the first days and over the last days. */
  firstCpuMs: number;
  lastCpuMs: number;
}

const pageSize = 100;
const baseUrl = 'https://bench.omniapp.co';
const types = ['organization', 'personal', 'mcp'];
const uuid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

/**
 * Audits an organisation every hour, on a clock that moves by an hour each time. Each day, `changesPerThousand` tokens in
 * a thousand change: a third are created, a third deleted, a third renamed. All code is the product's own except the
 * network: pages come from memory, and mails count as sent.
 */
export async function measureYear(tokens: number, changesPerThousand: number, days = 365): Promise<YearFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-year-'));
  const path = join(folder, 'audit.db');
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  const clock: Clock = { now: () => new Date(now), monotonicMs: () => now, sleep: async () => {} };
  const organisation = createOrganisation(tokens, now, clock);
  const { mail, rules, notification } = loadConfig(
    { MAIL_FROM: 'audit@acme.example', MAIL_TO: 'security@acme.example', OMNI_BASE_URL: baseUrl },
    ['mail', 'rules', 'notification'],
  );
  const quietMs: number[] = [];
  let mails = 0;
  try {
    for (let hour = 0; hour < days * 24; hour += 1, now += msPerHour) {
      const isDayOfChange = hour % 24 === 12;
      if (isDayOfChange) organisation.change(Math.round((tokens * changesPerThousand) / 1000), now);
      const cpu = process.cpuUsage();
      using store = openAuditStore(path, clock.now());
      const audit = await runAudit(
        {
          store,
          clock,
          omni: createOmniApi(organisation.http),
          log: createLogger('silent'),
          judge: createJudge(rules),
          alertAfterMs: notification.alertAfterMs,
          policy: { ...notification.policy, timeZone: 'UTC' },
          baseUrl,
          deadlineMs: msPerHour,
          requestsPerMinute: 60,
          readRegister: () => ({ kind: 'none' }),
          retentionDays: 730,
          random: Math.random,
          lockedBy: 'bench',
          context: { organizationName: 'Bench', baseUrl, hasAttachments: mail.attaches, timeZone: 'UTC' },
          recipients: ['security@acme.example'],
          address: (kind, rendered, at, surroundings) => addressMail(kind, rendered, at, surroundings, mail),
        },
        { trigger: 'schedule', dryRun: false, acceptRemovals: false },
        new AbortController().signal,
      );
      if (audit.status === 'failed') throw audit.error;
      const { user, system } = process.cpuUsage(cpu);
      if (audit.queued === 0) quietMs.push((user + system) / 1000);
      for (let mail = store.outbox.claim(clock.now()); mail !== null; mail = store.outbox.claim(clock.now())) {
        const sent = mail;
        store.transactions.run((tx) => store.outbox.settle(tx, sent, { status: 'sent' }, clock.now()));
        mails += 1;
      }
    }
    return {
      tokens,
      audits: days * 24,
      mails,
      databaseMb: statSync(path).size / 1_000_000,
      // Leaves out the first audits, during which V8 compiles the code.
      firstCpuMs: median(quietMs.slice(50, 100)),
      lastCpuMs: median(quietMs.slice(-50)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Organisation {
  http: OmniHttp;
  /** Makes `count` changes as of `now`. */
  change(count: number, now: number): void;
}

function createOrganisation(count: number, start: number, clock: Pick<Clock, 'now'>): Organisation {
  let made = 0;
  let renamed = 0;
  const make = (at: number) => {
    made += 1;
    const type = types[made % 3] ?? '';
    return { id: uuid(made), name: `Claude ${made}`, type, enabled: true, createdAt: new Date(at).toISOString() };
  };
  // The tokens were created over two years, always at noon, so that some cross an age threshold at noon every day.
  const tokens = Array.from({ length: count }, (_, index) => {
    const daysAgo = Math.ceil(((count - index) / count) * 730);
    return make(start - (daysAgo * 24 - 11.5) * msPerHour);
  });

  function listTokens(cursor: string | undefined): unknown {
    const first = cursor === undefined ? 0 : Number(cursor);
    const end = Math.min(first + pageSize, tokens.length);
    const hasNextPage = end < tokens.length;
    const nextCursor = hasNextPage ? String(end) : null;
    return { pageInfo: { hasNextPage, nextCursor, totalRecords: tokens.length }, records: tokens.slice(first, end) };
  }

  async function answer(request: string): Promise<unknown> {
    const [path = '', query = ''] = request.split('?');
    if (path.endsWith('/whoami')) return { keyScope: 'organization', orgRole: 'ORG_ADMIN', user: {} };
    if (path.endsWith('/api-keys')) return listTokens(new URLSearchParams(query).get('cursor') ?? undefined);
    const token = tokens.find(({ id }) => path.endsWith(id));
    if (token === undefined) throw new NotFoundError('there is no such token or user', { status: 404 });
    return token;
  }

  return {
    http: {
      requestCount: 0,
      lastProblem: null,
      async get(request) {
        const at = clock.now();
        return { json: await answer(request), times: { arrivedAt: at, sentAt: at, ageSeconds: 0 } };
      },
    },
    change(changes, now) {
      for (let number = 0; number < changes; number += 1) {
        const place = (number * 7919 + made) % tokens.length;
        const token = tokens[place];
        if (number % 3 === 0) tokens.push(make(now - msPerHour / 2));
        else if (number % 3 === 1) tokens.splice(place, 1);
        else if (token !== undefined) {
          renamed += 1;
          token.name = `Claude, name ${renamed}`;
        }
      }
    },
  };
}
