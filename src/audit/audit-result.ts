import type { RunFindings } from '../history/report.ts';
import type { RenderedMail } from '../mail/message.ts';
import { type ChangeName, eventChanges, isConditionKind } from '../rules/catalogue.ts';
import { noSeverityCounts, type SeverityCounts } from '../rules/severity.ts';

type ChangeCounts = Record<ChangeName, number>;

export interface CompleteAudit {
  status: 'complete';
  /** In a dry run, the id that the run would have had. */
  runId: number;
  isBaseline: boolean;
  tokenCount: number;
  /** Pages of all walks. */
  pageCount: number;
  /** Fields of Omni's records that this version does not know and no earlier run has seen. */
  newRecordFields: string[];
  changes: ChangeCounts;
  /** Findings that this run reported. */
  findings: SeverityCounts;
  /** Open conditions after the run. */
  openBySeverity: SeverityCounts;
  ownersKnown: boolean;
  /** Deliveries that this run put into the outbox. */
  queued: number;
  /** The mail about the run; null when it had nothing to mail. */
  mail: RenderedMail | null;
}

export interface FailedAudit {
  status: 'failed';
  /** null in a dry run, which leaves no record. */
  runId: number | null;
  pageCount: number;
  /** Deliveries that report the failure. */
  queued: number;
  error: unknown;
}

/** Counts what a run reports. */
export function countReported({ groups }: RunFindings): Pick<CompleteAudit, 'changes' | 'findings'> {
  const changes: ChangeCounts = { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 };
  const findings = noSeverityCounts();
  for (const { kind, severity, count } of groups) {
    for (const change of isConditionKind(kind) ? [] : eventChanges(kind)) changes[change] += count;
    findings[severity] += count;
  }
  return { changes, findings };
}
