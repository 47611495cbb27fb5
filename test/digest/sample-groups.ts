import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quietReport } from '../../scripts/sample-contents.ts';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import type { RunReport } from '../../src/history/report.ts';
import type { FindingKind } from '../../src/rules/catalogue.ts';
import type { Finding } from '../../src/rules/finding.ts';
import type { FindingGroup } from '../../src/rules/finding-groups.ts';
import type { FindingOwner } from '../../src/rules/owner.ts';
import type { OwnersToken } from '../../src/rules/token.ts';
import { textOf } from './read-mail.ts';

export const jane: FindingOwner = {
  state: 'active',
  userName: 'jane@acme.example',
  displayName: 'Jane Doe',
  lastLogin: '2026-11-20T09:00:00.000Z',
  list: 'regular',
  role: null,
};

/** Returns the sample's findings of one kind, with changes to the group. */
export function sampleGroup(kind: FindingKind, changes: Partial<FindingGroup> = {}): FindingGroup {
  const group = sampleReport.groups.find((each) => each.kind === kind && each.transition !== 'resolved');
  if (group === undefined) throw new Error(`the sample has no ${kind}`);
  return { ...group, ...changes };
}

/** Returns a report with these findings and nothing else to report. */
export function reportOf(groups: FindingGroup[], changes: Partial<RunReport> = {}): RunReport {
  return { ...quietReport, groups, ...changes };
}

/** Returns the group with each of its findings changed. */
export function changed(group: FindingGroup, change: (finding: Finding) => Finding): FindingGroup {
  return { ...group, findings: group.findings.map(change) };
}

/** Returns a group of this kind whose owners have `tokenCount` tokens. Its findings contain only `tokens`. */
export function ownerGroup(
  kind: 'owner-deactivated' | 'owner-missing' | 'owner-idle',
  tokens: OwnersToken[],
  tokenCount = tokens.length,
): FindingGroup {
  const withTokens = (finding: Finding): Finding => {
    if (finding.kind === 'owner-idle' && finding.detail !== null) {
      return { ...finding, detail: { ...finding.detail, tokens, tokenCount } };
    }
    if ((finding.kind === 'owner-deactivated' || finding.kind === 'owner-missing') && finding.detail !== null) {
      return { ...finding, detail: { ...finding.detail, tokens, tokenCount } };
    }
    return finding;
  };
  return changed(sampleGroup(kind, { tokenCount }), withTokens);
}

/** Returns personal tokens of one owner: `key 1`, `key 2`, … */
export function ownersTokens(count: number, changes: Partial<OwnersToken> = {}): OwnersToken[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `held-${index + 1}`,
    name: `key ${index + 1}`,
    type: 'personal',
    enabled: true,
    createdAt: '2026-03-01T00:00:00.000Z',
    ...changes,
  }));
}

/** The sentences that a mail must contain, without regard to line breaks. */
type WordCase = [what: string, content: MailContent, ...sentences: string[]];

export function checkWords(cases: WordCase[]): void {
  for (const [what, content, ...sentences] of cases) {
    test(`has the right words for ${what}`, () => {
      const text = textOf(content);
      for (const sentence of sentences) assert.ok(text.includes(sentence), `${sentence}\nis not in\n${text}`);
    });
  }
}

/** A digest that has nothing to report, but for these facts. */
export function digest(report: Partial<RunReport>): MailContent {
  return runContent({ ...quietReport, ...report }, sampleContext);
}
