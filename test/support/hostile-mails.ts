import { readFileSync } from 'node:fs';
import { sampleSummary } from '../../scripts/sample-contents.ts';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { summaryContent } from '../../src/digest/content/summary-content.ts';
import type { RunReport } from '../../src/history/report.ts';
import type { FindingGroup } from '../../src/rules/finding-groups.ts';

const { tokens }: { tokens: { name: string }[] } = JSON.parse(
  readFileSync(new URL('../fixtures/hostile-names.json', import.meta.url), 'utf8'),
);

/** Every hostile name in every place where untrusted text can stand, and names of any length. */
export const hostileMails: Record<string, MailContent> = {
  'hostile names': runContent(withNames(tokens.map(({ name }) => name)), sampleContext),
  'words without an end': runContent(
    withNames(['x'.repeat(3000), 'W'.repeat(79), `${'ab'.repeat(30)}@${'c'.repeat(60)}.example`]),
    {
      ...sampleContext,
      organizationName: 'O'.repeat(300),
      baseUrl: `https://${'very-long-name-'.repeat(8)}.example`,
    },
  ),
  'hostile types and weeks': summaryContent(
    {
      ...sampleSummary,
      report: { ...sampleReport, tokensByType: tokens.map(({ name }, index) => ({ type: name, count: index + 1 })) },
    },
    7,
    sampleContext,
  ),
};

function withNames(all: readonly string[]): RunReport {
  const groups = sampleReport.groups.map((group) => ({
    ...group,
    count: all.length,
    findings: all.flatMap((name) => group.findings.map((finding) => renamed(finding, name))),
  }));
  const acknowledgements = all.flatMap((name) =>
    sampleReport.acknowledgements.map(({ what, acknowledgement }) => ({
      what,
      acknowledgement: { ...acknowledgement, reason: name, by: name },
    })),
  );
  return { ...sampleReport, groups, acknowledgements };
}

type Finding = FindingGroup['findings'][number];

function renamed(finding: Finding, name: string): Finding {
  const { token, owner } = finding;
  return {
    ...withNameInFacts(finding, name),
    token: token && { ...token, name, type: token.type === 'mcp' ? 'mcp' : name },
    owner: owner && { ...owner, displayName: name, userName: name },
  };
}

/** The sample has names in the facts of these kinds only. */
function withNameInFacts(finding: Finding, name: string): Finding {
  if (finding.kind === 'token-renamed') return { ...finding, detail: { before: name, after: name } };
  if (finding.kind !== 'owner-deactivated' && finding.kind !== 'owner-missing' && finding.kind !== 'owner-idle')
    return finding;
  if (finding.detail === null) return finding;
  const { owner, tokens } = finding.detail;
  const names = {
    owner: { ...owner, displayName: name, userName: name },
    tokens: tokens.map((each) => ({ ...each, name })),
  };
  return finding.kind === 'owner-idle'
    ? { ...finding, detail: { ...finding.detail, ...names } }
    : { ...finding, detail: { ...finding.detail, ...names } };
}
