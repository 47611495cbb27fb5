import type { Finding, FindingDetail } from '../domain/finding.ts';
import type { Severity } from '../domain/severity.ts';
import type { Logger } from '../logging.ts';
import { visible } from '../text/visible.ts';

const levels: Record<Severity, 'error' | 'warn' | 'info'> = {
  critical: 'error',
  high: 'warn',
  medium: 'info',
  low: 'info',
  info: 'info',
};

/** One structured line a finding, for those who ship logs. */
export function logFindings(findings: Iterable<Finding>, log: Logger): void {
  for (const { id, runId, kind, turn, severity, subject, token, detail } of findings) {
    log[levels[severity]](
      {
        event: 'finding',
        findingId: id,
        runId,
        kind,
        turn,
        severity,
        subject,
        tokenId: token?.id ?? null,
        tokenName: token === null ? null : visible(token.name),
        tokenType: token?.type ?? null,
        membershipId: token?.membershipId ?? null,
        detail: shown(detail),
      },
      'finding',
    );
  }
}

/** Names before and after are as untrusted as names. */
function shown(detail: FindingDetail): FindingDetail {
  const safe = (value: unknown) => (typeof value === 'string' ? visible(value) : value);
  return Object.fromEntries(Object.entries(detail).map(([field, value]) => [field, safe(value)]));
}
