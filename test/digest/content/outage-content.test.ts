import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failingContent, recoveredContent } from '../../../src/digest/content/outage-content.ts';
import { renderMail } from '../../../src/digest/render/render-mail.ts';
import type { Outage } from '../../../src/history/report.ts';
import { context } from './sample-report.ts';

function outage(fields: Partial<Outage> = {}): Outage {
  return {
    failingSince: '2026-11-23T07:00:00.000Z',
    lastFailureAt: '2026-11-23T08:05:00.000Z',
    failedCount: 4,
    errors: [
      { at: '2026-11-23T08:05:00.000Z', error: 'listing tokens was answered with 503' },
      { at: '2026-11-23T07:20:00.000Z', error: 'could not reach Omni' },
    ],
    lastCompleteAt: '2026-11-22T07:00:00.000Z',
    thread: [],
    lastMailAt: { failing: null, breaker: null },
    ...fields,
  };
}

describe('the mail about a failing audit', () => {
  test('says since when, what is unknown, what to do, and the last errors', () => {
    const mail = failingContent(outage(), 'Check OMNI_BASE_URL', 'failing', context);
    assert.equal(mail.subject, '[Omni tokens] Acme: audit failing since 2026-11-23 07:00 UTC');
    assert.match(mail.paragraphs.join('\n'), /^4 runs failed\. The last completed audit was on 2026-11-22 07:00 UTC/);
    assert.ok(mail.paragraphs.includes('What to do: Check OMNI_BASE_URL'));
    assert.match(mail.paragraphs.at(-1) ?? '', /once a day/);
    assert.deepEqual(
      mail.sections[0]?.rows.map((row) => [row.title, row.prose]),
      [
        ['2026-11-23 08:05 UTC', ['listing tokens was answered with 503']],
        ['2026-11-23 07:20 UTC', ['could not reach Omni']],
      ],
    );
    assert.equal(mail.sections[0].count, 4);
  });

  test('says so where no audit was ever complete, and gives no advice where there is none', () => {
    const text = failingContent(outage({ lastCompleteAt: null }), '', 'failing', context).paragraphs.join('\n');
    assert.match(text, /No audit has ever completed with this database/);
    assert.doesNotMatch(text, /What to do/);
  });

  test('shows an error of any length and any characters on one bounded line', () => {
    const error = `bad\r\nBcc: victim@example.com \u202e${'x'.repeat(5000)}`;
    const mail = renderMail(
      failingContent(outage({ errors: [{ at: '2026-11-23T08:05:00.000Z', error }] }), error, 'failing', context),
    );
    assert.doesNotMatch(mail.text + mail.html, /\u202e|\r\nBcc/);
    assert.ok(Buffer.byteLength(mail.html) < 100_000);
    assert.equal(mail.subject.includes('\n'), false);
  });

  test('leads with the doubt about the list where Omni contradicts it, and keeps the subject of the thread', () => {
    const failing = failingContent(outage(), 'Look in Omni', 'failing', context);
    const breaker = failingContent(outage(), 'Look in Omni', 'breaker', context);
    assert.match(failing.lead, /\bfailing since 2026-11-23 07:00 UTC\.$/);
    assert.match(breaker.lead, /^Tokens are gone from the list that Omni still knows\b.*\baudit stopped\b/);
    assert.equal(breaker.subject, failing.subject);
    assert.ok(breaker.paragraphs.includes('What to do: Look in Omni'));
  });

  test('speaks of one attempt in the singular', () => {
    assert.match(
      failingContent(outage({ failedCount: 1 }), '', 'failing', context).paragraphs[0] ?? '',
      /^1 run failed\./,
    );
  });
});

describe('the mail about a recovered audit', () => {
  const spans: [startedAt: string, blind: string][] = [
    ['2026-11-22T07:01:00.000Z', '1 minute'],
    ['2026-11-22T08:59:00.000Z', '119 minutes'],
    ['2026-11-22T09:00:00.000Z', '2 hours'],
    ['2026-11-23T08:00:00.000Z', '25 hours'],
    ['2026-11-24T07:00:00.000Z', '2 days'],
    ['2026-12-22T07:00:00.000Z', '30 days'],
    ['2026-11-21T07:00:00.000Z', '0 minutes'],
  ];
  for (const [startedAt, blind] of spans) {
    test(`says that no audit completed for ${blind}`, () => {
      const mail = recoveredContent(outage(), { id: 17, startedAt }, context);
      assert.equal(mail.subject, `[Omni tokens] Acme: audit recovered after ${blind}`);
      assert.match(
        mail.paragraphs[0] ?? '',
        new RegExp(`No audit completed for ${blind} \\(since 2026-11-22 07:00 UTC\\)\\. 4 runs failed`),
      );
    });
  }

  test('counts from the first failure where no audit was ever complete', () => {
    const run = { id: 17, startedAt: '2026-11-23T08:00:00.000Z' };
    const mail = recoveredContent(outage({ lastCompleteAt: null }), run, context);
    assert.equal(mail.subject, '[Omni tokens] Acme: audit recovered after 60 minutes');
    assert.equal(mail.moreCommand, 'omni-token-audit findings --run 17');
  });

  test('says that short-lived tokens of that time were never seen', () => {
    const { paragraphs } = recoveredContent(outage(), { id: 17, startedAt: '2026-11-23T08:00:00.000Z' }, context);
    assert.match(paragraphs.join('\n'), /created and deleted within it were never seen/);
  });
});
