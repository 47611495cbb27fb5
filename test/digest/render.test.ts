import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderFallback, renderMail } from '../../src/digest/render.ts';
import { runContent } from '../../src/digest/run-content.ts';
import type { RunReport } from '../../src/domain/run-report.ts';
import { context, sampleReport } from './sample-report.ts';

/** A report in which all that is not a number breaks whoever touches it. */
function poisonousReport(): RunReport {
  const report = sampleReport([{ kind: 'token-created', severity: 'high', count: 7 }]);
  const poison = (target: object, ...names: string[]): void => {
    for (const name of names) {
      Object.defineProperty(target, name, {
        get() {
          throw new Error(`${name} is poisonous`);
        },
      });
    }
  };
  poison(report, 'tokensByType', 'recent', 'previous', 'standing');
  poison(report.run, 'startedAt');
  for (const group of report.groups) poison(group, 'findings', 'kind', 'turn', 'severity');
  return report;
}

describe('the mail about a run', () => {
  test('has a subject, a text part and an HTML part that agree', () => {
    const mail = renderMail(runContent(sampleReport([{ kind: 'token-created', severity: 'high' }]), context));

    assert.equal(mail.subject, '[Omni tokens] Acme (high): 1 new');
    assert.match(mail.text, /HIGH: New token \(1\)/);
    assert.match(mail.html, /HIGH:<\/span> New token \(1\)<\/h2>/);
  });
});

describe('the plain fallback', () => {
  test('is rendered where the mail cannot be', () => {
    const report = poisonousReport();

    assert.throws(() => renderMail(runContent(report, context)), /poisonous/);
    assert.equal(renderFallback(report).subject, '[Omni tokens] audit 12: 7 findings (plain form)');
  });

  test('tells the counts, and the line that lists what they count', () => {
    const { text, html } = renderFallback(poisonousReport());

    assert.match(text, /Audit 12 found 7 things to tell among 214 tokens\./);
    assert.match(text, /^ {2}omni-token-audit findings --run 12$/m);
    assert.match(html, /Audit 12 found 7 things to tell among 214 tokens\./);
    assert.match(html, /<code>omni-token-audit findings --run 12<\/code>/);
  });
});
