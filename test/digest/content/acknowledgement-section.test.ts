import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acknowledgementSections, acknowledgementTally } from '../../../src/digest/content/acknowledgement-section.ts';
import type { MailRow } from '../../../src/digest/content/mail-content.ts';
import { runContent } from '../../../src/digest/content/run-content.ts';
import type { AcknowledgementEnd, AcknowledgementNotice } from '../../../src/rules/acknowledgement.ts';
import type { Subject } from '../../../src/rules/finding.ts';
import hostile from '../../fixtures/hostile-names.json' with { type: 'json' };
import { unseen } from '../../support/unseen.ts';
import { labelled, saidBy } from '../mail-parts.ts';
import { context, ended, jane, made, sampleAcknowledgement, sampleReport } from './sample-report.ts';

function rowOf(notice: AcknowledgementNotice): MailRow {
  const row = acknowledgementSections([notice])[0]?.rows[0];
  assert.ok(row !== undefined);
  return row;
}

describe('an acknowledgement that was made', () => {
  test('is told with what it covers, who made it when, until which day, and why', () => {
    const row = rowOf(made());

    assert.equal(row.title, '"nightly export"');
    assert.deepEqual(row.facts, ['Stale token (low)']);
    assert.deepEqual(row.prose, [
      'Acknowledged by sam@acme.example, 2026-11-22 15:04 UTC, until 2027-02-20',
      'Reason: rotated with the next release',
    ]);
    assert.deepEqual([row.items, row.smallPrint, row.command], [[], ['id a1, finding 41'], null]);
  });

  const aboutOwner = {
    id: 41,
    kind: 'owner-deactivated',
    severity: 'critical',
    subject: { type: 'owner', id: 'c3' },
  } as const;

  test('names the owner where it is about one', () => {
    const row = rowOf(made({ condition: aboutOwner, tokenName: null }));

    assert.equal(row.title, '"Jane Doe" (jane@acme.example)');
    assert.deepEqual(row.facts, ['Deactivated account that holds tokens (critical)']);
    assert.deepEqual(row.smallPrint, ['membership c3, finding 41']);
  });

  test('names the membership of an owner who is not known, and the id of a token that is gone', () => {
    const unknownOwner = rowOf(made({ condition: aboutOwner, tokenName: null, owner: null }));
    const unknownToken = rowOf(made({ tokenName: null }));

    assert.equal(unknownOwner.title, 'membership c3');
    assert.equal(unknownToken.title, 'a1');
  });

  test('gives a reason of any allowed length in full', () => {
    const reason = 'because '.repeat(62).padEnd(500, '.');

    assert.equal(labelled(rowOf(made({ reason })), 'Reason'), reason);
  });
});

describe('an acknowledgement that ended', () => {
  const ends: [AcknowledgementEnd, words: string][] = [
    [{ because: 'revoked', by: 'kim@acme.example' }, 'Revoked by kim@acme.example, 2026-11-23 06:30 UTC'],
    [{ because: 'void', what: 'it escalated' }, 'Void, since it escalated'],
    [{ because: 'expired' }, 'Expired, since its last day is over'],
    [{ because: 'resolved' }, 'Over, since the condition was resolved'],
  ];
  for (const [end, words] of ends) {
    test(`as ${end.because} says so, and who had made it, until when and why`, () => {
      const row = rowOf(ended(end));

      assert.deepEqual(row.facts, ['Stale token (low)']);
      assert.deepEqual(row.prose, [
        words,
        'Before: acknowledged by sam@acme.example, 2026-11-22 15:04 UTC, until 2027-02-20',
        'Reason: rotated with the next release',
      ]);
    });
  }

  test('is told as made too when the same digest tells of both', () => {
    const acknowledgement = sampleAcknowledgement({
      end: { at: '2026-11-23T06:30:00.000Z', because: 'revoked', by: 'kim' },
    });

    const { prose } = rowOf({ what: 'made', acknowledgement });

    assert.equal(prose.length, 2);
    assert.match(prose[0] ?? '', /^Acknowledged by sam@acme\.example/);
  });
});

describe('the section about acknowledgements', () => {
  test('is left out where there is nothing to tell', () => {
    assert.deepEqual(acknowledgementSections([]), []);
  });

  test('counts all and shows the first fifty, with the command that lists the others', () => {
    const [section] = acknowledgementSections(Array.from({ length: 51 }, () => made()));

    assert.equal(section?.count, 51);
    assert.equal(section.rows.length, 50);
    assert.equal(section.moreCommand, 'omni-token-audit findings --open');
    assert.equal(section.severity, null);
  });

  test('stands in the digest after all findings', () => {
    const report = sampleReport(
      [
        { kind: 'token-removed', severity: 'info' },
        { kind: 'token-stale', transition: 'resolved', severity: 'info' },
      ],
      { acknowledgements: [made()] },
    );

    const titles = runContent(report, context).sections.map(({ title }) => title);

    assert.deepEqual(titles, ['Removed token', 'Good news: resolved', 'Acknowledgements']);
  });
});

describe('the tally of acknowledgements', () => {
  const tallies: [AcknowledgementNotice[], string][] = [
    [[], ''],
    [[made(), made()], '2 acknowledged'],
    [[ended({ because: 'expired' })], '1 acknowledgement ended'],
    [
      [made(), ended({ because: 'revoked', by: 'kim' }), ended({ because: 'void', what: 'it escalated' })],
      '1 acknowledged, 2 acknowledgements ended',
    ],
  ];
  for (const [acknowledgements, expected] of tallies) {
    test(`is "${expected}" for ${acknowledgements.length} notices`, () => {
      assert.equal(acknowledgementTally(acknowledgements), expected);
    });
  }

  test('stands in the subject after the findings, and alone where there are none', () => {
    const acknowledgements = [made(), ended({ because: 'expired' })];
    const stale = { kind: 'token-stale', transition: 'expired', severity: 'high' } as const;

    const withFinding = runContent(sampleReport([stale], { acknowledgements }), context);
    const alone = runContent(sampleReport([], { acknowledgements }), context);

    assert.equal(withFinding.subject, '[Omni tokens] Acme (high): 1 stale, 1 acknowledged, 1 acknowledgement ended');
    assert.equal(alone.subject, '[Omni tokens] Acme: 1 acknowledged, 1 acknowledgement ended');
    assert.equal(alone.lead, '1 acknowledged, 1 acknowledgement ended; 214 tokens in all.');
  });
});

describe('hostile text in an acknowledgement', () => {
  const subjects: Subject[] = [
    { type: 'token', id: 'a1' },
    { type: 'owner', id: 'c3' },
  ];
  for (const { id, name } of hostile.tokens) {
    test(`is shown so that it fools nobody: ${JSON.stringify(name.slice(0, 40))} (${id.slice(0, 8)})`, () => {
      for (const subject of subjects) {
        const row = hostileRow(name, subject);

        assert.deepEqual([row.facts.length, row.prose.length], [1, 3]);
        for (const said of saidBy(row)) {
          assert.doesNotMatch(said, unseen);
        }
      }
    });
  }

  function hostileRow(name: string, subject: Subject): MailRow {
    const acknowledgement = sampleAcknowledgement({
      condition: { id: 41, kind: 'token-stale', severity: 'low', subject },
      tokenName: name,
      owner: { ...jane, displayName: name, userName: name },
      reason: name,
      by: name,
      end: { at: '2026-11-23T06:30:00.000Z', because: 'revoked', by: name },
    });
    return rowOf({ what: 'ended', acknowledgement });
  }
});
