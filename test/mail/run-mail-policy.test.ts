import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type DigestOccasion,
  digestOccasions,
  type MailPolicy,
  mailsForRun,
  type RunMail,
  type RunMailFacts,
} from '../../src/mail/run-mail-policy.ts';
import { msPerDay } from '../../src/time/duration.ts';

const now = new Date('2026-11-23T07:00:00.000Z');
const daysPerMinute = 1 / (24 * 60);

/** Days before now; negative: after it. null: never. */
type Ago = number | null;

type Row = [
  name: string,
  run: 'baseline' | 'later',
  news: number,
  lastSummary: Ago,
  lastInventory: Ago,
  digestWhen: DigestOccasion,
  reminderDays: number,
  inventoryDays: number,
  mails: RunMail[],
];

const table: Row[] = [
  ['the first run mails the baseline', 'baseline', 0, null, null, 'changes', 7, 90, ['baseline']],
  ['… and nothing else, whatever it found', 'baseline', 3, null, null, 'changes', 7, 90, ['baseline']],
  ['… nor when every audit mails', 'baseline', 0, null, null, 'always', 7, 90, ['baseline']],
  ['… also where summaries and inventories are off', 'baseline', 0, null, null, 'changes', 0, 0, ['baseline']],

  ['a quiet run mails nothing', 'later', 0, 1, 1, 'changes', 7, 90, []],
  ['news is a digest', 'later', 1, 1, 1, 'changes', 7, 90, ['digest']],
  ['much news is one digest', 'later', 500, 1, 1, 'changes', 7, 90, ['digest']],
  ['news is a digest where all else is off', 'later', 1, null, null, 'changes', 0, 0, ['digest']],

  ['a summary is due after its days', 'later', 0, 7, 20, 'changes', 7, 90, ['summary']],
  ['… and stays due', 'later', 0, 30, 30, 'changes', 7, 90, ['summary']],
  ['… and comes beside news', 'later', 1, 7, 20, 'changes', 7, 90, ['digest', 'summary']],
  ['… some minutes early', 'later', 0, 7 - 5 * daysPerMinute, 20, 'changes', 7, 90, ['summary']],
  ['… half an hour early at most', 'later', 0, 7 - 30 * daysPerMinute, 20, 'changes', 7, 90, ['summary']],
  ['… and not earlier', 'later', 0, 7 - 31 * daysPerMinute, 20, 'changes', 7, 90, []],
  ['… where none was ever made', 'later', 0, null, 20, 'changes', 7, 90, ['summary']],
  ['… every day where that is asked for', 'later', 0, 1, 20, 'changes', 1, 90, ['summary']],
  ['… and never where it is off', 'later', 0, null, 20, 'changes', 0, 90, []],

  ['an inventory is due after its days', 'later', 0, 1, 90, 'changes', 7, 90, ['inventory']],
  ['… in the place of a summary', 'later', 0, 7, 90, 'changes', 7, 90, ['inventory']],
  ['… beside news', 'later', 2, 7, 90, 'changes', 7, 90, ['digest', 'inventory']],
  ['… half an hour early at most', 'later', 0, 1, 90 - 30 * daysPerMinute, 'changes', 7, 90, ['inventory']],
  ['… and not earlier', 'later', 0, 1, 90 - 31 * daysPerMinute, 'changes', 7, 90, []],
  ['… where none was ever made', 'later', 0, 1, null, 'changes', 7, 90, ['inventory']],
  ['… where summaries are off', 'later', 0, 90, 90, 'changes', 0, 90, ['inventory']],
  ['… and a summary where it is off', 'later', 0, 7, null, 'changes', 7, 0, ['summary']],
  ['… more often than summaries, if asked for', 'later', 0, 1, 1, 'changes', 7, 1, ['inventory']],
  ['nothing is due where both are off', 'later', 0, null, null, 'changes', 0, 0, []],

  ['a quiet run mails a digest when every audit does', 'later', 0, 1, 1, 'always', 7, 90, ['digest']],
  ['… where summaries and inventories are off', 'later', 0, null, null, 'always', 0, 0, ['digest']],
  ['… unless a summary says it', 'later', 0, 7, 20, 'always', 7, 90, ['summary']],
  ['… or an inventory does', 'later', 0, 1, 90, 'always', 7, 90, ['inventory']],
  ['… and no second one beside that of the news', 'later', 1, 1, 1, 'always', 7, 90, ['digest']],
  ['… and a summary beside news all the same', 'later', 1, 7, 20, 'always', 7, 90, ['digest', 'summary']],

  ['a clock set back by hours makes nothing due', 'later', 0, -0.5, -0.5, 'changes', 7, 90, []],
  ['a clock set back by weeks does not suppressedBy summaries', 'later', 0, -30, 20, 'changes', 7, 90, ['summary']],
  ['… nor inventories', 'later', 0, -30, -30, 'changes', 7, 90, ['inventory']],
  ['… but wakes nothing that is off', 'later', 0, -30, -30, 'changes', 0, 0, []],
];

function ago(days: Ago): string | null {
  return days === null ? null : new Date(now.getTime() - days * msPerDay).toISOString();
}

describe('what a complete run mails', () => {
  for (const [
    name,
    run,
    newsCount,
    lastSummary,
    lastInventory,
    digestWhen,
    reminderDays,
    inventoryDays,
    mails,
  ] of table) {
    const policy: MailPolicy = { digestWhen, reminderDays, inventoryDays };
    const facts: RunMailFacts = {
      isBaseline: run === 'baseline',
      newsCount,
      lastSummaryAt: ago(lastSummary),
      lastInventoryAt: ago(lastInventory),
    };
    test(`${name}: ${mails.join(' and ') || 'nothing'}`, () => {
      assert.deepEqual(mailsForRun(facts, policy, now), mails);
    });
  }
});

describe('over a year of quiet daily audits', () => {
  /** How often each kind of mail is made. */
  function yearOf(policy: MailPolicy): Partial<Record<RunMail, number>> {
    const counts: Partial<Record<RunMail, number>> = {};
    let lastSummaryAt: string | null = null;
    let lastInventoryAt: string | null = null;
    for (let day = 0; day <= 364; day += 1) {
      // Never to the second at the same time.
      const at = new Date(now.getTime() + day * msPerDay + ((day * 7919) % 600) * 1000);
      for (const mail of mailsForRun(
        { isBaseline: day === 0, newsCount: 0, lastSummaryAt, lastInventoryAt },
        policy,
        at,
      )) {
        counts[mail] = (counts[mail] ?? 0) + 1;
        if (mail !== 'digest') lastSummaryAt = at.toISOString();
        if (mail === 'inventory' || mail === 'baseline') lastInventoryAt = at.toISOString();
      }
    }
    return counts;
  }

  test('a mail goes out every week, four of them with the full list', () => {
    const counts = yearOf({ digestWhen: 'changes', reminderDays: 7, inventoryDays: 90 });

    assert.deepEqual(counts, { baseline: 1, summary: 48, inventory: 4 });
  });

  test('exactly one mail goes out every day where that is asked for', () => {
    const counts = yearOf({ digestWhen: 'always', reminderDays: 7, inventoryDays: 90 });

    assert.equal(
      Object.values(counts).reduce((sum, count) => sum + count, 0),
      365,
    );
  });
});

test('digests are made for changes unless they are always', () => {
  assert.deepEqual(digestOccasions, ['changes', 'always']);
});
