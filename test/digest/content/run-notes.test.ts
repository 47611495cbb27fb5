import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runContent } from '../../../src/digest/content/run-content.ts';
import { runAlerts, runNotes } from '../../../src/digest/content/run-notes.ts';
import { renderMail } from '../../../src/digest/render/render-mail.ts';
import type { RunReport } from '../../../src/history/report.ts';
import { unseen } from '../../support/unseen.ts';
import { readableText } from '../mail-parts.ts';
import { context, type SampleGroup, sampleReport } from './sample-report.ts';

function notesOf(differences: Partial<RunReport>): string[] {
  return runNotes(sampleReport([], differences));
}

function alertsOf(differences: Partial<RunReport>, groups: readonly SampleGroup[] = []): string[] {
  return runAlerts(sampleReport(groups, differences));
}

describe('the notes about an audit', () => {
  test('are none where there is nothing to say', () => {
    assert.deepEqual([notesOf({}), alertsOf({})], [[], []]);
  });

  test('tell of tokens that vanished during the walk, changed settings and mail that was given up', () => {
    const { run } = sampleReport([]);
    const discardedRecipients = [
      { recipient: 'a@acme.com', count: 2 },
      { recipient: 'b@acme.com', count: 1 },
    ];

    const notes = notesOf({ run: { ...run, surplus: 1 }, rejudgedCount: 2, discardedRecipients });

    assert.equal(notes.length, 4);
    assert.match(notes[0] ?? '', /^1 token vanished while the list was read\. The next audit reports which\b/);
    assert.match(notes[1] ?? '', /thresholds\b.* were changed: 2 findings .* are not listed/i);
    assert.match(notes[2] ?? '', /^2 mails that waited for a@acme\.com were given up/);
    assert.match(notes[3] ?? '', /^1 mail that waited for b@acme\.com was given up/);
  });
});

test('a note about mail that was given up shows an address without what could fool a reader', () => {
  const [note] = notesOf({ discardedRecipients: [{ recipient: 'a@acme.com\u202e\n', count: 1 }] });

  assert.match(note ?? '', /waited for a@acme\.com⟨U\+202E⟩⟨U\+000A⟩ was given up/);
});

const refused = { problem: 'listing users was answered with 403', hint: 'Use an organization API key' };

describe('the alert that owners are unknown', () => {
  test('says why, what that means and how to hint it', () => {
    const [alert, ...others] = alertsOf({ ownersProblem: refused });

    assert.deepEqual(others, []);
    assert.match(alert ?? '', /owners of tokens are unknown in this audit: listing users was answered with 403\./);
    assert.match(alert ?? '', /\bOwner findings are frozen until\b/);
    assert.match(alert ?? '', /What to do: Use an organization API key\.$/);
  });

  test('gives no advice where there is none', () => {
    const [alert] = alertsOf({ ownersProblem: { ...refused, hint: '' } });

    assert.match(alert ?? '', /listing users was answered with 403/);
    assert.doesNotMatch(alert ?? '', /What to do/);
  });

  test('shows a problem and a hint of any length and any characters on one bounded line', () => {
    const evil = `bad\r\nBcc: victim@example.com \u202e${'x'.repeat(5000)}`;

    const [alert] = alertsOf({ ownersProblem: { problem: evil, hint: evil } });

    assert.match(alert ?? '', /bad⟨U\+000D⟩⟨U\+000A⟩Bcc/);
    assert.doesNotMatch(alert ?? '', unseen);
    assert.ok((alert ?? '').length < 1500, `${alert?.length} characters`);
  });

  test('stands in the digest before all else, and is no note', () => {
    const { alerts, notes } = runContent(sampleReport([], { ownersProblem: refused }), context);

    assert.deepEqual(notes, []);
    assert.equal(alerts.length, 1);
    assert.match(alerts[0] ?? '', /403/);
  });
});

describe('a note about owners', () => {
  test('tells of audits since the last mail in which they were unknown, once they are known again', () => {
    const [one] = notesOf({ blindRuns: 1 });
    const [many] = notesOf({ blindRuns: 3 });

    assert.match(one ?? '', /\bowners of tokens are known again\b.*\b1 audit\b/);
    assert.match(many ?? '', /\bowners of tokens are known again\b.*\b3 audits\b/);
  });

  test('does not call them known again while they are unknown', () => {
    const differences = { blindRuns: 3, ownersUnresolved: 2, ownersProblem: refused };

    assert.deepEqual(notesOf(differences), []);
    assert.equal(alertsOf(differences).length, 1);
    assert.doesNotMatch(alertsOf(differences).join('\n'), /known again/);
  });

  test('tells how many are neither found nor proved missing', () => {
    const [one] = notesOf({ ownersUnresolved: 1 });
    const [many] = notesOf({ ownersUnresolved: 25 });

    assert.match(
      one ?? '',
      /^1 owner was in no user list\. .*\basks Omni\b.*\bby id; until then it counts as unknown\.$/,
    );
    assert.match(
      many ?? '',
      /^25 owners were in no user list\. .*\basks Omni\b.*\bby id; until then they count as unknown\.$/,
    );
  });
});

describe('the alert about many removals', () => {
  const removed = { kind: 'token-removed', severity: 'info', count: 60 } as const;

  test('is left out on a normal day', () => {
    assert.deepEqual(alertsOf({}, [removed]), []);
  });

  test('says how many are gone, and that Omni confirmed them after a second walk', () => {
    const [alert, ...others] = alertsOf({ breaker: 'confirmed' }, [removed]);

    assert.deepEqual(others, []);
    assert.match(alert ?? '', /^60 tokens are gone at once\b/);
    assert.match(alert ?? '', /\bread a second time\b.*\b20 of them\b.*\bconfirmed\b/);
  });

  for (const [count, asked] of [
    [11, 'each of them'],
    [20, 'each of them'],
    [21, '20 of them'],
  ] as const) {
    test(`says that Omni was asked for ${asked} where ${count} are gone`, () => {
      const [alert] = alertsOf({ breaker: 'confirmed' }, [{ ...removed, count }]);

      assert.match(alert ?? '', new RegExp(`\\b${count} tokens are gone at once\\b`));
      assert.match(alert ?? '', new RegExp(`\\bOmni, asked for ${asked} by id, confirmed it\\.$`));
    });
  }

  test('says that nothing was confirmed where an operator vouched for it', () => {
    const [alert] = alertsOf({ breaker: 'accepted' }, [removed]);

    assert.match(alert ?? '', /^60 tokens are gone at once\b.*--accept-removals/);
    assert.match(alert ?? '', /\bnothing was asked by id\b/);
    assert.doesNotMatch(alert ?? '', /\bconfirmed\b/);
  });

  test('stands in the digest before the one about owners', () => {
    const report = sampleReport([removed], { breaker: 'confirmed', ownersProblem: refused });

    const { alerts } = runContent(report, context);

    assert.equal(alerts.length, 2);
    assert.match(alerts[0] ?? '', /^60 tokens/);
    assert.match(alerts[1] ?? '', /\bowners of tokens are unknown\b/);
  });
});

describe('an alert', () => {
  const report = sampleReport([], { breaker: 'accepted', ownersProblem: refused });
  const content = runContent(report, context);
  const { text, html } = renderMail(content);

  for (const [part, said] of [
    ['text', text.replaceAll('\n', ' ')],
    ['HTML', readableText(html)],
  ] as const) {
    test(`says in its first word what it is, and stands above the paragraphs, in the ${part} part`, () => {
      assert.equal(content.alerts.length, 2);
      for (const alert of content.alerts) {
        const at = said.indexOf(alert);
        assert.match(said.slice(0, at), /attention: $/i);
        assert.ok(at > said.indexOf(content.lead), 'it stands above the lead');
        for (const below of content.paragraphs) assert.ok(at < said.indexOf(below), `it stands below ${below}`);
      }
    });
  }
});
