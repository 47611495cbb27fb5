import type { Logger } from '../logging.ts';
import type { Finding } from '../rules/finding.ts';
import type { Severity } from '../rules/severity.ts';
import { visible } from '../text/visible.ts';

const levels: Record<Severity, 'error' | 'warn' | 'info'> = {
  critical: 'error',
  high: 'warn',
  medium: 'info',
  low: 'info',
  info: 'info',
};

/** Logs each finding as one structured line, for log shippers. docs/log-events.md describes the fields. */
export function logFindings(findings: Iterable<Finding>, log: Logger): void {
  for (const { id, runId, kind, transition, severity, subject, token, detail } of findings) {
    log[levels[severity]](
      {
        event: 'finding',
        findingId: id,
        runId,
        kind,
        transition,
        severity,
        subject,
        tokenId: token?.id ?? null,
        tokenName: token === null ? null : visible(token.name),
        tokenType: token === null ? null : visible(token.type),
        membershipId: token?.membershipId ?? (subject.type === 'owner' ? subject.id : null),
        detail: withVisibleNames(detail),
      },
      'finding',
    );
  }
}

/** Facts contain names of tokens and owners, which are untrusted. */
function withVisibleNames<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => (typeof part === 'string' ? visible(part) : part));
}
