import type { MailContext } from '../../src/digest/content.ts';
import type { Finding, FindingTurn } from '../../src/domain/finding.ts';
import type { FindingKind } from '../../src/domain/finding-catalogue.ts';
import type { FindingGroup, RunReport } from '../../src/domain/run-report.ts';
import { noSeverityCounts, type Severity } from '../../src/domain/severity.ts';

export const context: MailContext = { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co' };

/** What a test wants to say of the findings of one group. */
export interface SampleGroup {
  kind: FindingKind;
  severity: Severity;
  turn?: FindingTurn;
  /** One finding for each. */
  names?: readonly string[];
  /** More than `names` where not all rows are at hand. */
  count?: number;
  type?: string;
  membershipId?: string | null;
}

/** Findings of every kind carry every detail, since each text takes only what is its own. */
export function sampleGroup({ kind, severity, turn = 'event', ...sample }: SampleGroup): FindingGroup {
  const { names = ['nightly export'], type = 'organization', membershipId = null } = sample;
  const findings = names.map((name, index): Finding => {
    const id = `6513270e-269e-4d37-b2a7-${String(index).padStart(12, '0')}`;
    return {
      id: index + 1,
      runId: 12,
      kind,
      turn,
      severity,
      subject: { type: 'token', id },
      token: { id, name, type, createdAt: '2026-03-01T00:00:00.000Z', membershipId },
      detail: { before: name, after: name, value: type, ageDays: 267, thresholdDays: 180 },
    };
  });
  return { kind, turn, severity, count: sample.count ?? findings.length, findings };
}

/** A report of run 12, with a run before it. */
export function sampleReport(groups: readonly SampleGroup[], differences: Partial<RunReport> = {}): RunReport {
  return {
    run: { id: 12, startedAt: '2026-11-23T07:00:00.000Z', isBaseline: false, tokenCount: 214, surplus: 0 },
    previous: { id: 11, startedAt: '2026-11-22T07:00:00.000Z' },
    tokensByType: [
      { type: 'personal', count: 200 },
      { type: 'organization', count: 14 },
    ],
    groups: groups.map(sampleGroup),
    standing: noSeverityCounts(),
    subjectsStanding: 0,
    rejudgedCount: 0,
    discardedRecipients: [],
    recent: null,
    ...differences,
  };
}

export function baselineReport(groups: readonly SampleGroup[], differences: Partial<RunReport> = {}): RunReport {
  return sampleReport(groups, {
    run: { id: 1, startedAt: '2026-11-23T07:00:00.000Z', isBaseline: true, tokenCount: 214, surplus: 0 },
    previous: null,
    ...differences,
  });
}

/** Every group that one run can tell, each full: the longest mail there is. */
export function everyGroup(name: string, count: number): SampleGroup[] {
  const names: string[] = Array(50).fill(name);
  const shapes: [FindingKind, FindingTurn, readonly Severity[]][] = [
    ['token-owner-changed', 'event', ['critical']],
    ['token-type-changed', 'event', ['critical']],
    ['token-created-at-changed', 'event', ['critical']],
    ['token-created', 'event', ['high', 'medium']],
    ['token-enabled', 'event', ['high']],
    ['token-reappeared', 'event', ['high']],
    ['type-first-seen', 'event', ['medium']],
    ['token-renamed', 'event', ['low']],
    ['token-disabled', 'event', ['info']],
    ['token-removed', 'event', ['info']],
    ['token-stale', 'opened', ['low', 'medium', 'high']],
    ['token-stale', 'worsened', ['medium', 'high']],
    ['token-stale', 'reopened', ['low', 'medium', 'high']],
    ['token-stale', 'resolved', ['low', 'medium', 'high']],
    ['token-type-unknown', 'opened', ['medium']],
    ['token-type-unknown', 'reopened', ['medium']],
    ['token-type-unknown', 'resolved', ['medium']],
  ];
  return shapes.flatMap(([kind, turn, severities]) =>
    severities.map((severity) => ({ kind, turn, severity, names, count, type: 'mcp', membershipId: 'c3d4e5f6-a7b8' })),
  );
}
