import { readFileSync } from 'node:fs';
import { sampleMails } from '../../scripts/sample-contents.ts';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import type { MailContent } from '../../src/digest/content/mail-content.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import type { RunReport } from '../../src/history/report.ts';
import { withText } from './with-text.ts';

const { tokens }: { tokens: { name: string }[] } = JSON.parse(
  readFileSync(new URL('../fixtures/hostile-names.json', import.meta.url), 'utf8'),
);

/** Every hostile name in every place of a digest that shows untrusted text, and names without spaces to wrap at. */
export const hostileMails: Record<string, MailContent> = {
  'hostile names': runContent(withTexts(tokens.map(({ name }) => name)), sampleContext),
  'endless words': runContent(
    withTexts(['x'.repeat(3000), 'W'.repeat(79), `${'ab'.repeat(30)}@${'c'.repeat(60)}.example`]),
    {
      ...sampleContext,
      organizationName: 'O'.repeat(300),
      baseUrl: `https://${'very-long-name-'.repeat(8)}.example`,
    },
  ),
  'endless types and fields': sampleMails((facts) => withText(facts, 'W'.repeat(300))).summary,
};

/** Returns the sample digest, with each of its findings and acknowledgements once for each text. */
function withTexts(texts: readonly string[]): RunReport {
  const groups = sampleReport.groups.map((group) => {
    const findings = texts.flatMap((text) => withText(group.findings, text));
    return { ...group, count: findings.length, findings };
  });
  const acknowledgements = texts.flatMap((text) => withText(sampleReport.acknowledgements, text));
  return { ...sampleReport, groups, acknowledgements };
}
