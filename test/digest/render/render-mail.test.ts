import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runContent } from '../../../src/digest/content/run-content.ts';
import { renderFallback, renderFallbackNotice, renderMail } from '../../../src/digest/render/render-mail.ts';
import type { RunReport } from '../../../src/history/report.ts';
import type { AcknowledgementNotice } from '../../../src/rules/acknowledgement.ts';
import { noSeverityCounts } from '../../../src/rules/severity.ts';
import { context, ended, made, type SampleGroup, sampleReport } from '../content/sample-report.ts';
import { htmlSections, textSections } from '../mail-parts.ts';

/** A report in which all that is neither a number nor a word of our own breaks whoever touches it. */
function poisonousReport(acknowledgements: AcknowledgementNotice[] = []): RunReport {
  const report = sampleReport([{ kind: 'token-created', severity: 'high', count: 7 }], { acknowledgements });
  const poison = (target: object, ...names: string[]): void => {
    for (const name of names) {
      Object.defineProperty(target, name, {
        get() {
          throw new Error(`${name} is poisonous`);
        },
      });
    }
  };
  poison(report, 'tokensByType', 'recent', 'previous', 'ownersProblem', 'discardedRecipients');
  poison(report.run, 'startedAt');
  for (const group of report.groups) poison(group, 'findings');
  for (const notice of report.acknowledgements) poison(notice, 'what', 'acknowledgement');
  return report;
}

describe('the mail about a run', () => {
  test('has a subject, a text part and an HTML part that agree', () => {
    const mail = renderMail(runContent(sampleReport([{ kind: 'token-created', severity: 'high' }]), context));

    assert.equal(mail.subject, '[Omni tokens] Acme (high): 1 new');
    assert.equal(mail.isCritical, false);
    const [inText, inHtml] = [textSections(mail.text), htmlSections(mail.html)].map(([section]) => section);
    for (const section of [inText, inHtml]) {
      assert.deepEqual([section?.heading, section?.count, section?.rows], ['HIGH: New token', 1, 1]);
    }
  });

  test('is marked critical where something critical is news', () => {
    const report = sampleReport([{ kind: 'token-identity-changed', severity: 'critical' }]);

    assert.equal(renderMail(runContent(report, context)).isCritical, true);
  });
});

describe('the plain fallback', () => {
  test('is rendered where the mail cannot be', () => {
    const report = poisonousReport();

    assert.throws(() => renderMail(runContent(report, context)), /poisonous/);
    assert.equal(renderFallback(report).subject, '[Omni tokens] audit 12 (high): 7 new (plain form)');
  });

  test('says the counts, and the command that lists what they count', () => {
    const { text, html } = renderFallback(poisonousReport());

    assert.match(text, /Audit 12: 7 new; 214 tokens in all\. 0 findings open\./);
    assert.match(text, /^ {2}omni-token-audit findings --run 12$/m);
    assert.match(html, /Audit 12: 7 new; 214 tokens in all\. 0 findings open\./);
    assert.match(html, /<code>omni-token-audit findings --run 12<\/code>/);
  });

  test('counts the acknowledgements that were made or ended, without reading them', () => {
    const report = poisonousReport([made(), ended({ because: 'revoked', by: 'kim' })]);

    const { subject, text, html } = renderFallback(report);

    assert.throws(() => renderMail(runContent(report, context)), /poisonous/);
    assert.equal(subject, '[Omni tokens] audit 12 (high): 7 new, 2 acknowledgements made or ended (plain form)');
    for (const part of [text, html])
      assert.match(part, /Audit 12: 7 new, 2 acknowledgements made or ended; 214 tokens in all\./);
  });

  test('says what is new, and is critical where something critical is', () => {
    const shapes: SampleGroup[] = [
      { kind: 'token-renamed', severity: 'low', count: 3 },
      { kind: 'token-created', severity: 'high' },
      { kind: 'owner-missing', transition: 'opened', severity: 'critical' },
      { kind: 'owner-deactivated', transition: 'opened', severity: 'critical' },
    ];
    const [grave, mild] = [shapes, shapes.slice(0, 1)].map((groups) => renderFallback(sampleReport(groups)));

    assert.match(grave?.text ?? '', /^Audit 12: 4 orphaned, 1 new, 3 renamed;/);
    assert.match(grave?.subject ?? '', /audit 12 \(critical\): 4 orphaned/);
    assert.match(mild?.text ?? '', /^Audit 12: 3 renamed;/);
    assert.deepEqual([grave?.isCritical, mild?.isCritical], [true, false]);
  });

  test('points to what is open where the audit found nothing', () => {
    const { text } = renderFallback(sampleReport([], { openBySeverity: { ...noSeverityCounts(), low: 2 } }));

    assert.match(text, /^Audit 12: nothing new; 214 tokens in all\. 2 findings open\./);
    assert.match(text, /^ {2}omni-token-audit findings --open$/m);
  });

  const notices = [
    ['failing', 'audits are failing'],
    ['breaker', 'audits are failing'],
    ['recovered', 'audits are working again'],
  ] as const;
  for (const [kind, told] of notices) {
    test(`of a ${kind} notice says that ${told}`, () => {
      const { subject, text, html } = renderFallbackNotice(kind, 12);

      assert.equal(subject, `[Omni tokens] audit 12: ${told} (plain form)`);
      assert.match(text, /^ {2}omni-token-audit runs$/m);
      assert.match(html, /<code>omni-token-audit runs<\/code>/);
    });
  }
});
