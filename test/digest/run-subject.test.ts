import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runContent } from '../../src/digest/content/run-content.ts';
import type { RunReport } from '../../src/history/report.ts';
import { baselineReport, context, heldTokens, type SampleGroup, sampleReport } from './content/sample-report.ts';

function subjectOf(report: RunReport, organizationName = 'Acme'): string {
  return runContent(report, { ...context, organizationName }).subject;
}

const mixes: [SampleGroup[], string][] = [
  [
    [
      { kind: 'token-disabled', severity: 'info', count: 1 },
      { kind: 'token-created', severity: 'high', count: 2 },
    ],
    '[Omni tokens] Acme (high): 2 new, 1 disabled',
  ],
  [[{ kind: 'token-created', severity: 'medium' }], '[Omni tokens] Acme: 1 new'],
  [
    [
      { kind: 'token-created', severity: 'high', count: 1 },
      { kind: 'token-created', severity: 'medium', count: 2 },
      { kind: 'token-enabled', severity: 'high', count: 1 },
      { kind: 'token-disabled', severity: 'info', count: 1 },
      { kind: 'token-removed', severity: 'info', count: 1 },
      { kind: 'token-stale', transition: 'opened', severity: 'low', count: 3 },
      { kind: 'token-identity-changed', severity: 'critical', count: 1 },
    ],
    '[Omni tokens] Acme (critical): 1 altered, 3 new, 1 re-enabled, 1 disabled, 1 removed, 3 stale',
  ],
  [
    [
      { kind: 'token-created', severity: 'high' },
      { kind: 'owner-deactivated', transition: 'opened', severity: 'critical', tokens: heldTokens(2) },
    ],
    '[Omni tokens] Acme (critical): 2 orphaned, 1 new',
  ],
  [
    [{ kind: 'owner-idle', transition: 'opened', severity: 'low', tokens: heldTokens(2) }],
    '[Omni tokens] Acme: 1 idle',
  ],
  [[{ kind: 'token-stale', transition: 'escalated', severity: 'high' }], '[Omni tokens] Acme (high): 1 stale'],
  [[{ kind: 'token-removed', severity: 'info', count: 50_000 }], '[Omni tokens] Acme: 50000 removed'],
  [[{ kind: 'token-stale', transition: 'resolved', severity: 'low', count: 2 }], '[Omni tokens] Acme: 2 resolved'],
  [[], '[Omni tokens] Acme: nothing new'],
];

describe('the subject of a digest', () => {
  for (const [groups, subject] of mixes) {
    test(`is "${subject}"`, () => {
      assert.equal(subjectOf(sampleReport(groups)), subject);
    });
  }

  test('of a baseline counts the tokens and what needs attention', () => {
    const stale: SampleGroup = { kind: 'token-stale', transition: 'opened', severity: 'high' };

    assert.deepEqual(
      [3, 1, 0].map((openSubjects) => subjectOf(baselineReport([stale], { openSubjects }))),
      [
        '[Omni tokens] Acme: baseline of 214 tokens, 3 need attention',
        '[Omni tokens] Acme: baseline of 214 tokens, 1 needs attention',
        '[Omni tokens] Acme: baseline of 214 tokens, none needs attention',
      ],
    );
  });

  test('tells that the owners of tokens are unknown since this audit, after the findings, as the lead does', () => {
    const of = (groups: SampleGroup[], ownersLost: boolean): string[] => {
      const { subject, lead } = runContent(sampleReport(groups, { ownersLost }), context);
      return [subject, lead];
    };
    const created: SampleGroup = { kind: 'token-created', severity: 'medium' };

    assert.deepEqual(of([created], true), [
      '[Omni tokens] Acme: 1 new, owners unknown',
      '1 new, owners unknown; 214 tokens in all.',
    ]);
    assert.deepEqual(of([], true), ['[Omni tokens] Acme: owners unknown', 'Owners unknown; 214 tokens in all.']);
    assert.doesNotMatch(of([created], false).join(), /owners/i);
  });

  test('stays one line of bounded length, whatever the organisation is called', () => {
    const subject = subjectOf(sampleReport([]), `Acme\r\nBcc: victim@example.com ${'x'.repeat(500)}`);

    assert.match(
      subject,
      /^\[Omni tokens\] Acme⟨U\+000D⟩⟨U\+000A⟩Bcc: victim@example\.com x+… \(530 characters\): nothing new$/,
    );
    assert.ok(subject.length < 150, `${subject.length} characters`);
  });
});
