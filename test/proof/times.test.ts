import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { msPerDay } from '../../src/time/duration.ts';
import { readColumn } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { createUnattended, type Unattended } from '../support/unattended.ts';
import { makeToken } from '../support/world-tokens.ts';
import { negativeNumbers } from './support/printed-texts.ts';
import { isFull, seed, tally } from './support/tally.ts';

/** What happens to the clock before an audit. */
interface ClockMove {
  kind: 'time passes' | 'suspended' | 'set forward' | 'set back';
  days: number;
}

const someTime = fc.constantFrom(1 / 24, 1, 2, 7, 31, 95, 200);
const setting = fc.constantFrom(1 / 24, 0.5, 1, 3, 31, 100, 366, 5 * 365);
const move: fc.Arbitrary<ClockMove> = fc.oneof(
  fc.record({ kind: fc.constantFrom('time passes' as const, 'suspended' as const), days: someTime }),
  fc.record({ kind: fc.constantFrom('set back' as const, 'set forward' as const), days: setting }),
);

function moveClock({ clock, setBack }: Unattended, { kind, days }: ClockMove): void {
  tally.faults += 1;
  // The monotonic clock counts neither sleep nor a change of the wall clock.
  if (kind === 'time passes') clock.advance(days * msPerDay);
  else setBack(kind === 'set back' ? days : -days);
}

/** Creates an organisation with tokens of many ages. Three have a creation date in the future, as if this clock were behind. */
async function createAging(): Promise<Unattended> {
  const ages = [-40, 0, 60, 89, 179, 364];
  const tokens = ages.flatMap((days, index) => [
    makeToken(days * 24, { name: `key ${index}` }),
    makeToken(days * 24, { name: `personal ${index}`, type: 'personal', membershipId: randomUUID() }),
    makeToken(days * 24, { name: `disabled ${index}`, enabled: false }),
  ]);
  const unattended = await createUnattended({ tokens });
  const { people } = unattended.world;
  for (const [index, token] of tokens.filter(({ membershipId }) => membershipId !== null).entries()) {
    people.ownerOf(token).lastLogin = new Date(Date.now() - (index - 2) * 30 * msPerDay).toISOString();
  }
  return unattended;
}

test('whatever the clock says, no age is below zero and every mail arrives once', async () => {
  const closed = String(await closedPort());
  const step = fc.record({ move, hasMailServer: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
      await using aging = await createAging();
      const { env, inbox, databasePath } = aging.world;
      const { SMTP_PORT } = env;
      const lastMove: ClockMove = { kind: 'time passes', days: 1 / 1440 };
      for (const each of [...steps, { move: lastMove, hasMailServer: true }]) {
        env.SMTP_PORT = each.hasMailServer ? SMTP_PORT : closed;
        const { audit } = await aging.audit();
        if (audit.status === 'failed') throw audit.error;
        tally.audits += 1;
        moveClock(aging, each.move);
      }
      assert.deepEqual(await negativeNumbers(aging), []);
      const queued = readColumn(databasePath, 'SELECT message_id FROM messages ORDER BY message_id');
      const arrived = inbox.mails.map(({ raw }) => /^Message-ID: *(\S+)/im.exec(raw)?.[1]);
      assert.deepEqual(arrived.sort(), queued);
      tally.mails += queued.length;
    }),
    { seed, numRuns: isFull ? 200 : 12 },
  );
});

describe('a clock that is wrong', () => {
  for (const days of [-5 * 365, -1, 1, 3 * 365]) {
    test(`by ${days} days fails every audit until it is right, and then nothing is lost and nothing is repeated`, async () => {
      await using unattended = await createUnattended();
      const { world, clock } = unattended;
      await unattended.audit();
      moveClock(unattended, { kind: 'set back', days });
      world.omni.now = () => clock.now().getTime() + days * msPerDay;
      world.tokens.pop();
      for (let each = 0; each < 2; each += 1) {
        assert.equal((await unattended.auditAfter(24 * 60)).audit.status, 'failed');
      }
      moveClock(unattended, { kind: 'set back', days: -days });
      world.omni.now = () => clock.now().getTime();
      const kinds: string[][] = [];
      for (let day = 3; day <= 8; day += 1) {
        const known = world.inbox.mails.length;
        await unattended.auditAfter(24 * 60);
        kinds.push((await unattended.subjects()).slice(known).map((subject) => subject.replace(/^[^:]+: /, '')));
      }
      const [first, ...others] = kinds;
      assert.ok(first?.includes('1 removed'), String(first));
      assert.deepEqual(
        others.map((subjects) => subjects.length),
        [0, 0, 0, 1, 0],
      );
    });
  }
});

test('an audit whose clock was a year ahead and could not be checked leaves no wrong age behind and delays no summary', async () => {
  await using unattended = await createUnattended({ tokens: [makeToken(10 * 24)] });
  const { world } = unattended;
  await unattended.audit();
  moveClock(unattended, { kind: 'set back', days: -400 });
  world.omni.intercept = (_request, response) => {
    response.removeHeader('date');
    response.sendDate = false;
    return false;
  };
  await unattended.auditAfter(24 * 60);
  world.omni.intercept = undefined;
  moveClock(unattended, { kind: 'set back', days: 400 });
  const known = world.inbox.mails.length;
  for (let day = 0; day < 9; day += 1) await unattended.auditAfter(24 * 60);
  const open = readColumn(world.databasePath, 'SELECT kind FROM conditions WHERE resolved_run_id IS NULL');
  assert.deepEqual(open, []);
  const subjects = (await unattended.subjects()).slice(known);
  assert.ok(
    subjects.some((subject) => /all clear/.test(subject)),
    subjects.join('\n'),
  );
});

describe('after the clock was set back', () => {
  test('by a day, the next digest reports a former recipient and the mail that was redirected', async () => {
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
    assert.match(inbox.mails.map(({ raw }) => raw).join('\n'), /removed former@acme\.example/);
  });
});
