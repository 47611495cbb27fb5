import { type EventKind, isConditionKind } from '../domain/finding-catalogue.ts';
import type { RenderedMail } from '../domain/message.ts';
import type { RunNews } from '../domain/run-report.ts';
import { noSeverityCounts, type SeverityCounts } from '../domain/severity.ts';

export interface ChangeCounts {
  created: number;
  removed: number;
  disabled: number;
  enabled: number;
  renamed: number;
  other: number;
}

export interface CompleteAudit {
  status: 'complete';
  /** In a dry run the id that the run would have had. */
  runId: number;
  isBaseline: boolean;
  tokenCount: number;
  /** Of all walks. */
  pageCount: number;
  changes: ChangeCounts;
  /** Told by this run. */
  findings: SeverityCounts;
  /** Open conditions after the run. */
  standing: SeverityCounts;
  ownersKnown: boolean;
  /** Deliveries that this run put into the outbox. */
  queued: number;
  /** The mail about the run; null when it had nothing to mail. */
  mail: RenderedMail | null;
}

export interface FailedAudit {
  status: 'failed';
  /** null: a dry run, which leaves no record. */
  runId: number | null;
  pageCount: number;
  /** Deliveries that tell of the failure. */
  queued: number;
  error: unknown;
}

export function countFindings({ groups }: RunNews): SeverityCounts {
  const counts = noSeverityCounts();
  for (const { severity, count } of groups) counts[severity] += count;
  return counts;
}

export function countChanges({ groups }: RunNews): ChangeCounts {
  const changes: ChangeCounts = { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 };
  for (const { kind, count } of groups) {
    const field = isConditionKind(kind) ? null : changeOf(kind);
    if (field !== null) changes[field] += count;
  }
  return changes;
}

/** null: no change of a token. */
function changeOf(kind: EventKind): keyof ChangeCounts | null {
  switch (kind) {
    case 'token-created':
      return 'created';
    case 'token-removed':
      return 'removed';
    case 'token-disabled':
      return 'disabled';
    case 'token-enabled':
      return 'enabled';
    case 'token-renamed':
      return 'renamed';
    case 'token-owner-changed':
    case 'token-type-changed':
    case 'token-created-at-changed':
    case 'token-reappeared':
      return 'other';
    default:
      return null;
  }
}
