import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleContext, sampleReport } from '../../src/demo/sample-report.ts';
import { runContent } from '../../src/digest/content/run-content.ts';
import { renderFallback, renderFallbackNotice, renderMail } from '../../src/digest/render/render-mail.ts';
import type { RunReport } from '../../src/history/report.ts';
import { reportOf, sampleGroup } from './sample-groups.ts';

/** Makes each of these properties throw when something reads it. */
function breakProperties(target: object, ...names: string[]): void {
  for (const name of names) {
    Object.defineProperty(target, name, {
      get() {
        throw new Error(`${name} cannot be read`);
      },
    });
  }
}

/** Returns a report in which everything except numbers and our own words throws when it is read. */
function unreadableReport(): RunReport {
  const report = reportOf([sampleGroup('token-created', { count: 7 })], {
    acknowledgements: sampleReport.acknowledgements.map((notice) => ({ ...notice })),
    ownersProblem: { problem: '', hint: '' },
  });
  breakProperties(report.ownersProblem ?? {}, 'problem', 'hint');
  breakProperties(report, 'tokensByType', 'recent', 'previous');
  for (const group of report.groups) breakProperties(group, 'findings');
  for (const notice of report.acknowledgements) breakProperties(notice, 'what', 'acknowledgement');
  return report;
}

describe('the plain form of a mail', () => {
  test('is rendered from counts alone, with the command that lists the findings', () => {
    const report = unreadableReport();
    assert.throws(() => renderMail(runContent(report, sampleContext)), /cannot be read/);

    const { subject, text, html } = renderFallback(report);

    assert.equal(subject, '[Omni tokens] audit 42, plain form (high): 7 new, 5 acknowledgements made or ended');
    const says =
      'Audit 42: 7 new, 5 acknowledgements made or ended; 214 tokens in all. 0 findings open. Not all is known: owners unknown.';
    assert.ok(text.startsWith(`${says}\n`) && html.includes(`<p>${says}</p>`));
    assert.ok(text.endsWith('\n  omni-token-audit findings --run 42\n'));
    assert.ok(html.includes('<code>omni-token-audit findings --run 42</code>'));
  });

  test('says what is not known', () => {
    const { text } = renderFallback(reportOf([], { ownersUnresolved: 2, clockChecked: false }));
    assert.match(text, /Not all is known: 2 owners unresolved, clock not checked\./);
  });

  test('has the severity of the findings that it counts', () => {
    const [critical, low] = [sampleGroup('owner-missing'), sampleGroup('token-renamed')].map((group) =>
      renderFallback(reportOf([group])),
    );

    assert.match(critical?.subject ?? '', /audit 42, plain form \(critical\): 1 orphaned/);
    assert.deepEqual([critical?.isCritical, low?.isCritical], [true, false]);
  });

  test('names the command that lists what is open when nothing is new', () => {
    const { text } = renderFallback(reportOf([], { openBySeverity: sampleReport.openBySeverity }));

    assert.match(text, /^Audit 42: nothing new; 214 tokens in all\. 9 findings open\.\n/);
    assert.match(text, /^ {2}omni-token-audit findings --open$/m);
  });

  for (const [kind, says] of [
    ['failing', 'audits are failing'],
    ['breaker', 'audits are failing'],
    ['recovered', 'audits are working again'],
  ] as const) {
    test(`of a ${kind} mail says that ${says}`, () => {
      const { subject, text, html } = renderFallbackNotice(kind, 12);

      assert.equal(subject, `[Omni tokens] audit 12, plain form: ${says}`);
      assert.match(text, /^ {2}omni-token-audit runs$/m);
      assert.match(html, /<code>omni-token-audit runs<\/code>/);
    });
  }
});
