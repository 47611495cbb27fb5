import type { Finding } from '../domain/finding.ts';
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
        detail,
      },
      'finding',
    );
  }
}
