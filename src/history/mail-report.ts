import { noSeverityCounts, type Severity, type SeverityCounts } from '../rules/severity.ts';
import type { Database } from '../store/database.ts';
import { formerRecipientReason } from '../store/redirection.ts';
import { integer, jsonOf, nullable, prepare, text, textOf } from '../store/statement.ts';
import { msPerDay, msPerMinute } from '../time/duration.ts';
import type { History } from './history.ts';
import type { NamedMail, UndeliveredMail } from './report.ts';

/** Audits do not start exactly on time. Without this, a daily audit would report waiting mail a day late. */
const toleranceMs = 30 * msPerMinute;
/** Mail that was given up unseen is reported for a week, so that at least one weekly summary lists it. */
const givenUpDays = 7;

/** What is sent besides the mails of audits: it neither reports changes of MAIL_TO nor makes up for lost mail. */
const otherKinds = "('test', 'notice')";

const namedMail = { id: integer, kind: textOf<NamedMail['kind']>(), createdAt: text };

export function createMailReport(
  db: Database,
  { runTotals }: Pick<History, 'runTotals'>,
): Pick<History, 'mailReport' | 'refusedMail'> {
  const stmts = {
    refused: prepare<[number, string]>(
      db,
      `SELECT m.id, m.kind, m.created_at AS createdAt, m.run_id AS runId, d.reply_codes AS replyCodes
         FROM deliveries AS d
         JOIN messages AS m ON m.id = d.message_id
        WHERE m.id = ?
          AND d.recipient = ?`,
    ).returning({ ...namedMail, runId: nullable(integer), replyCodes: nullable(text) }),
    findings: prepare<[number]>(
      db,
      `SELECT severity, count(*) AS count
         FROM findings
        WHERE run_id = ?
          AND suppressed_by IS NULL
          AND transition <> 'resolved'
        GROUP BY severity`,
    ).returning({ severity: textOf<Severity>(), count: integer }),
    // Leaves out mail that was refused everywhere: nobody has read what it reported.
    lastMail: prepare(
      db,
      `SELECT m.id, m.recipients
         FROM messages AS m
        WHERE m.kind NOT IN ${otherKinds}
          AND EXISTS (SELECT 1 FROM deliveries AS d WHERE d.message_id = m.id AND d.status IN ('pending', 'sent'))
        ORDER BY m.id DESC
        LIMIT 1`,
    ).returning({ id: integer, recipients: jsonOf<string[]>() }),
    // Compares ids instead of times, because a clock can be set back.
    redirected: prepare<[{ last: number; recipients: string }]>(
      db,
      `SELECT DISTINCT m.id, m.kind, m.created_at AS createdAt
         FROM deliveries AS d
         JOIN messages AS m ON m.id = d.message_id
        WHERE d.redirected_after >= @last
          AND d.status <> 'discarded'
          AND d.recipient IN (SELECT value FROM json_each(@recipients))
        ORDER BY m.id`,
    ).returning(namedMail),
    givenUp: prepare<[{ last: number; reason: string }]>(
      db,
      `SELECT recipient, count(*) AS count
         FROM deliveries
        WHERE status = 'discarded'
          AND discard_reason = @reason
          AND discarded_after >= @last
        GROUP BY recipient
        ORDER BY recipient`,
    ).returning({ recipient: text, count: integer }),
    // What is dated in the future was written before a clock was set back.
    undelivered: prepare<[{ now: string; dayAgo: string; weekAgo: string }]>(
      db,
      `SELECT m.id, m.kind, m.created_at AS createdAt, d.recipient, d.status, d.reply_codes AS replyCodes
         FROM deliveries AS d
         JOIN messages AS m ON m.id = d.message_id
        WHERE d.status = 'parked'
           OR (d.status = 'pending' AND (m.created_at <= @dayAgo OR m.created_at > @now))
           OR (d.status = 'discarded'
               AND m.kind NOT IN ${otherKinds}
               AND NOT EXISTS (SELECT 1 FROM deliveries AS o WHERE o.message_id = m.id AND o.status <> 'discarded')
               AND (d.discarded_at > @weekAgo
                    OR NOT EXISTS (SELECT 1
                                     FROM messages AS later
                                     JOIN deliveries AS received ON received.message_id = later.id
                                    WHERE later.id > d.discarded_after
                                      AND later.kind NOT IN ${otherKinds}
                                      AND received.status = 'sent')))
        ORDER BY m.id, d.id`,
    ).returning({
      ...namedMail,
      recipient: text,
      status: textOf<'pending' | 'parked' | 'discarded'>(),
      replyCodes: nullable(text),
    }),
  };

  /** Returns what a mail lists, by severity; null if it lists no findings. */
  function reportedBy(kind: NamedMail['kind'], runId: number | null): SeverityCounts | null {
    if (runId === null || !['baseline', 'digest', 'summary', 'inventory'].includes(kind)) return null;
    if (kind !== 'digest') return runTotals(runId).openBySeverity;
    const counts = noSeverityCounts();
    for (const { severity, count } of stmts.findings.all(runId)) counts[severity] = count;
    return counts;
  }

  function undelivered(now: Date): UndeliveredMail[] {
    const before = (ms: number) => new Date(now.getTime() - ms).toISOString();
    const mails = new Map<number, UndeliveredMail>();
    const rows = stmts.undelivered.all({
      now: now.toISOString(),
      dayAgo: before(msPerDay - toleranceMs),
      weekAgo: before(givenUpDays * msPerDay),
    });
    for (const { id, kind, createdAt, ...delivery } of rows) {
      const mail = mails.get(id) ?? { id, kind, createdAt, deliveries: [] };
      mail.deliveries.push(delivery);
      mails.set(id, mail);
    }
    return [...mails.values()];
  }

  return {
    refusedMail(messageId, recipient) {
      const refused = stmts.refused.get(messageId, recipient);
      if (refused === null) return null;
      const { runId, ...mail } = refused;
      return { ...mail, reported: reportedBy(mail.kind, runId) };
    },
    mailReport(recipients, now) {
      const lastMail = stmts.lastMail.get();
      const last = lastMail?.id ?? 0;
      const former = lastMail?.recipients ?? recipients;
      return {
        undelivered: undelivered(now),
        added: missingFrom(former, recipients),
        removed: missingFrom(recipients, former),
        redirected: stmts.redirected.all({ last, recipients: JSON.stringify(recipients) }),
        givenUp: stmts.givenUp.all({ last, reason: formerRecipientReason }),
      };
    },
  };
}

/** Returns the addresses of `candidates` that `addresses` lacks. Capitals make no difference. */
function missingFrom(addresses: readonly string[], candidates: readonly string[]): string[] {
  const known = new Set(addresses.map((address) => address.toLowerCase()));
  return candidates.filter((address) => !known.has(address.toLowerCase()));
}
