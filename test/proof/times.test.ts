import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readColumn } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { createUnattended, failOmni } from '../support/unattended.ts';
import { isFull, seed, tally } from './support/tally.ts';
import { wrongNews } from './support/time-aging.ts';
import { calendarCases } from './support/time-calendar.ts';
import { auditFully, createAging, deliverUnattended, moveClock } from './support/time-history.ts';
import { anyMove, type ClockMove, forwardMove } from './support/time-moves.ts';
import { allTexts, negativesIn } from './support/time-texts.ts';
import { createYears, twoYears } from './support/time-year.ts';

const histories = isFull ? 200 : 12;
const lanes = 4;
const aMinute: ClockMove = { kind: 'time passes', days: 1 / 1440 };
const anHour = 1 / 24;
/** By so many days. */
const settings = { 'an hour': anHour, 'a day': 1, 'a month': 31, years: 3 * 365 };

describe('an organisation to which nothing happens but time', () => {
  test('hears of each threshold once, however the clock goes forward', () => {
    const moves = fc.array(forwardMove, { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(moves, (each) => assert.deepEqual(wrongNews(each), [])),
      { seed, numRuns: 2 * histories },
    );
  });
});

describe('whatever the clock says', { concurrency: lanes }, () => {
  const step = fc.record({ move: anyMove, hasMailServer: fc.boolean() });
  for (let lane = 1; lane <= lanes; lane += 1) {
    test(`no age is below zero and every mail arrives once (${lane})`, async () => {
      const closed = String(await closedPort());
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
          await using aging = await createAging();
          const { env, inbox, databasePath } = aging.world;
          const { SMTP_PORT } = env;
          for (const { move, hasMailServer } of [...steps, { move: aMinute, hasMailServer: true }]) {
            env.SMTP_PORT = hasMailServer ? SMTP_PORT : closed;
            await auditFully(aging);
            moveClock(aging, move);
          }
          assert.deepEqual(negativesIn(await allTexts(aging)), []);
          const queued = readColumn(databasePath, 'SELECT message_id FROM messages ORDER BY message_id');
          assert.deepEqual(inbox.mails.map(messageId).sort(), queued);
          tally.mails += queued.length;
        }),
        { seed: seed + lane, numRuns: histories / lanes },
      );
    });
  }
});

describe('after the clock was set back', { concurrency: lanes }, () => {
  for (const [by, days] of Object.entries(settings)) {
    test(`by ${by}, the weekly word comes once a week and the inventory not before its time`, async () => {
      await using unattended = await createUnattended();
      await auditFully(unattended);
      moveClock(unattended, { kind: 'set back', days });
      for (let each = 0; each < 4; each += 1) {
        moveClock(unattended, { kind: 'time passes', days: 4 });
        await auditFully(unattended);
      }
      const kinds = readColumn(unattended.world.databasePath, 'SELECT kind FROM messages ORDER BY id');
      assert.equal(kinds[0], 'baseline');
      const words = kinds.length - 1;
      assert.ok(words === 2 || words === 3, `in 16 days: ${kinds}`);
      // What is dated into the future may be said anew, once.
      assert.ok(kinds.filter((kind) => kind === 'inventory').length <= 1, `in 16 days: ${kinds}`);
    });

    test(`by ${by}, mail that waits goes out within half a day`, async () => {
      await using unattended = await createUnattended();
      const { env, inbox } = unattended.world;
      const { SMTP_PORT } = env;
      env.SMTP_PORT = String(await closedPort());
      await unattended.audit();
      moveClock(unattended, { kind: 'set back', days });
      env.SMTP_PORT = SMTP_PORT;
      const hours = await deliverUnattended(unattended, () => inbox.mails.length > 0);
      assert.ok(hours <= 12, `${hours} hours`);
    });
  }

  for (const by of ['a day', 'years'] as const) {
    test(`by ${by}, an audit that goes on failing is told once a day`, async () => {
      await using unattended = await createUnattended();
      await unattended.audit();
      failOmni(unattended.world);
      for (let hour = 0; hour < 2; hour += 1) await unattended.auditAfter(60);
      moveClock(unattended, { kind: 'set back', days: settings[by] });
      for (let half = 0; half < 6; half += 1) await unattended.auditAfter(12 * 60);
      const mails = readColumn(unattended.world.databasePath, "SELECT kind FROM messages WHERE kind = 'failing'");
      assert.ok(mails.length >= 3 && mails.length <= 5, `${mails.length} in three days`);
    });
  }

  test('by years, what comes and goes is still told once a day at the most', async () => {
    await using unattended = await createUnattended();
    const { tokens } = unattended.world;
    const [token] = tokens;
    assert.ok(token);
    token.type = 'service';
    await unattended.audit();
    moveClock(unattended, { kind: 'set back', days: settings.years });
    for (let hour = 1; hour <= 4; hour += 1) {
      token.type = hour % 2 === 0 ? 'service' : 'personal';
      await unattended.auditAfter(60);
    }
    const told = `SELECT run_id FROM findings WHERE kind = 'token-type-unknown' AND transition = 'reopened' AND suppressed_by IS NULL`;
    assert.ok(readColumn(unattended.world.databasePath, told).length <= 1, 'told more than once in four hours');
  });

  test('by a day, the next digest tells of mail that was given up', async () => {
    await using unattended = await createUnattended({ env: { MAIL_TO: 'former@acme.example' } });
    const { env, inbox, tokens } = unattended.world;
    const { SMTP_PORT } = env;
    env.SMTP_PORT = String(await closedPort());
    await unattended.audit();
    moveClock(unattended, { kind: 'set back', days: 1 });
    Object.assign(env, { SMTP_PORT, MAIL_TO: 'new@acme.example' });
    await unattended.auditAfter(10);
    tokens.pop();
    await unattended.auditAfter(60);
    assert.match(inbox.mails.map(({ raw }) => raw).join('\n'), /former@acme\.example/);
  });
});

describe('over two years of calendars', () => {
  for (const each of calendarCases) {
    test(`every tick of "${each.expression}" in ${each.zone} has its audit, and none has two`, () => {
      const live = createYears(each);
      assert.deepEqual(live({ outcomes: ['complete'], disturbances: [] }), []);
      fc.assert(
        fc.property(twoYears, (story) => assert.deepEqual(live(story), [])),
        { seed, numRuns: histories },
      );
    });
  }
});

function messageId({ raw }: { raw: string }): string {
  return /^Message-ID: *(\S+)/im.exec(raw)?.[1] ?? 'none';
}
