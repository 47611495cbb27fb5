import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { tellDeskStory } from '../support/desk-story.ts';
import { type Outcome, parseMail } from '../support/world.ts';

const { desk, jane, joe, report, old, leaver, days } = await tellDeskStory();
after(() => desk[Symbol.asyncDispose]());

async function ask(...args: string[]): Promise<Outcome> {
  return await desk.world.run(args);
}

/** The answer as JSON. */
async function look(...args: string[]) {
  return await desk.world.look(...args);
}

async function complaint(...args: string[]): Promise<string> {
  const { code, stderr } = await ask(...args);
  assert.equal(code, 2, args.join(' '));
  return stderr;
}

const day = (run: number): string => days.get(run) ?? '';
const dayAfter = (run: number): string => new Date(Date.parse(day(run)) + msPerDay).toISOString().slice(0, 10);

async function kinds(...args: string[]): Promise<string[]> {
  return (await look('findings', ...args)).map(({ kind }: { kind: string }) => kind);
}

describe('one command answers', { concurrency: 2 }, () => {
  test('who owned a token on some day', async () => {
    const ownerOn = async (run: number): Promise<string> => {
      const tokens = await look('tokens', '--at', day(run));
      return tokens.find(({ id }: { id: string }) => id === report.id).owner.userName;
    };
    assert.deepEqual([await ownerOn(2), await ownerOn(3)], ['jane@acme.example', 'joe@acme.example']);
  });

  test('the life of a token, by the beginning of its id', async () => {
    const entries = await look('history', report.id.slice(0, 13));
    assert.deepEqual(
      entries.map(({ runId, kind, before: was, after: is }: Record<string, unknown>) => [runId, kind, was, is]),
      [
        [1, 'first-seen', null, 'board report'],
        [2, 'token-renamed', 'board report', 'board report 2'],
        [3, 'token-identity-changed', jane, joe],
      ],
    );
    const { stdout } = await ask('history', report.id);
    assert.match(stdout, /Token identity changed: owner "jane" \(jane@acme\.example\) → "joe" \(joe@acme\.example\)/);
    assert.deepEqual(entries[1].mailId, 2);
  });

  test('the life of all that an account held', async () => {
    const entries = await look('history', '--owner', 'JOE@acme.example');
    const ids = new Set(entries.map(({ subject }: { subject: { id: string } }) => subject.id));
    assert.deepEqual(ids, new Set([report.id, leaver.id]));
    assert.ok(entries.some(({ kind }: { kind: string }) => kind === 'token-removed'));
    const instants = entries.map(({ at }: { at: string }) => at);
    assert.deepEqual(instants, instants.toSorted());
  });

  test('the life of what an account held, only as long as it held it', async () => {
    const told = async (owner: string): Promise<string[]> =>
      (await look('history', '--owner', owner))
        .filter(({ subject }: { subject: { id: string } }) => subject.id === report.id)
        .map(({ kind }: { kind: string }) => kind);
    assert.deepEqual(await told(jane), ['first-seen', 'token-renamed', 'token-identity-changed']);
    assert.deepEqual(await told(joe), ['token-identity-changed']);
  });

  test('every token of one account, now and then', async () => {
    const names = async (...args: string[]): Promise<string[]> =>
      (await look('tokens', '--owner', ...args)).map(({ name }: { name: string }) => name);
    assert.deepEqual(await names('jane@acme.example'), ['old grant', 'dashboard']);
    assert.deepEqual(await names(jane, '--run', '2'), ['old grant', 'board report 2']);
    assert.deepEqual(await names(jane.slice(0, 8), '--limit', '1'), ['old grant']);
  });

  test('what changed between two days, as a table, JSON and CSV', async () => {
    const { stdout } = await ask('diff', day(2), day(6));
    for (const kind of ['token-created', 'token-identity-changed', 'token-removed']) assert.ok(stdout.includes(kind));
    const differences = await look('diff', '2', '6');
    assert.deepEqual(differences.map(({ kind, tokenName }: Record<string, string>) => `${kind} ${tokenName}`).sort(), [
      'token-created dashboard',
      'token-identity-changed board report 2',
      'token-removed short job',
    ]);
    assert.equal((await ask('diff', '2', '6', '--format', 'csv')).stdout.trimEnd().split('\r\n').length, 4);
  });

  test('who got a token from whom between two days', async () => {
    const { stdout } = await ask('diff', day(2), day(3));
    assert.match(stdout, /"jane" \(jane@acme\.example\) → "joe" \(joe@acme\.example\)/);
  });

  test('what appeared between two days, be it still there or not', async () => {
    assert.deepEqual(await kinds('--kind', 'token-created', '--since', day(4), '--until', day(4)), ['token-created']);
    assert.deepEqual(await kinds('--kind', 'token-created', '--since', day(5)), []);
    assert.deepEqual(await kinds('--kind', 'token-created', '--until', day(3)), []);
  });

  test('how old what stood was at a moment, and not when it was told', async () => {
    const [then] = await look('findings', '--open', '--owner', jane, '--kind', 'token-stale', '--at', day(5));
    const token = (await look('tokens', '--owner', jane, '--at', day(5))).find(
      ({ id }: { id: string }) => id === old.id,
    );
    assert.equal(then.tokenId, old.id);
    assert.equal(then.detail.ageDays, token.ageDays);
  });

  test('which audits there were in a time, and how they ended', async () => {
    const ids = async (...args: string[]): Promise<number[]> =>
      (await look('runs', ...args)).map(({ id }: { id: number }) => id);
    assert.deepEqual(await ids('--since', day(3), '--until', day(5)), [5, 4, 3]);
    assert.deepEqual(await ids('--limit', '2'), [7, 6]);
    assert.deepEqual(await ids('--status', 'failed'), []);
    assert.equal((await ask('runs', '--status', 'failed')).stdout, 'No such run.\n');
  });

  test('what a mail said, word for word, and whether it arrived', async () => {
    const [mail] = await look('mail', '--run', '3');
    const { stdout } = await ask('mail', '--show', String(mail.id));
    const sent = await Promise.all(desk.world.inbox.mails.map(parseMail));
    const received = sent.find(({ messageId }) => messageId === mail.messageId);
    assert.ok(received?.text);
    assert.ok(stdout.startsWith(`Subject: ${mail.subject}\n`));
    assert.match(stdout, /^To: \S+@\S+ \(sent: \d{4}-/m);
    assert.equal(stdout.slice(stdout.indexOf('\n\n') + 2).trimEnd(), received.text.trimEnd());
    assert.equal((await look('mail', '--limit', '2')).length, 2);
  });

  test('that nothing changed between a moment and itself', async () => {
    assert.match((await ask('diff', '4', '4')).stdout, /Nothing changed\./);
    assert.deepEqual(await look('diff', '4', '4'), []);
  });

  test('whether it was blind on some day', async () => {
    const audits = async (when: string) =>
      (await look('runs', '--since', when, '--until', when)).map(
        ({ status, ownersKnown }: Record<string, unknown>) => `${status} ${ownersKnown}`,
      );
    assert.deepEqual(await audits(day(4)), ['complete true']);
    assert.deepEqual(await audits(day(5)), ['complete false']);
    assert.deepEqual(await audits(dayAfter(6)), []);
  });

  test('what was told or stood then, by kind and by severity', async () => {
    assert.deepEqual(await kinds('--kind', 'token-renamed'), ['token-renamed']);
    assert.deepEqual(await kinds('--severity', 'critical', '--limit', '1'), ['token-identity-changed']);
    assert.deepEqual(await kinds('--owner', joe, '--kind', 'token-removed'), ['token-removed']);
    assert.ok(!(await kinds('--at', day(5))).includes('token-removed'));
    assert.ok((await kinds('--at', day(5), '--open')).every((kind) => kind === 'token-stale'));
  });

  test('what was accepted, by whom and until when, and that it was taken back', async () => {
    const accept = await ask('ack', old.id, '--reason', 'rotated in spring', '--by', 'Ann Archer');
    assert.equal(accept.code, 0, accept.stderr);
    const [open] = await look('findings', '--open', '--owner', jane);
    assert.equal(open.acknowledgement.by, 'Ann Archer');
    const accepted = (await look('findings', '--acknowledged')).map(({ tokenId }: { tokenId: string }) => tokenId);
    assert.deepEqual(accepted, [old.id]);
    const revoke = await ask('unack', old.id.slice(0, 13).toUpperCase(), '--by', 'Bo Boss');
    assert.match(
      revoke.stdout,
      new RegExp(`^No longer acknowledged: \\d+ token-stale \\(\\w+\\) of token ${old.id}\n`),
    );
    assert.deepEqual(await look('findings', '--acknowledged'), []);
    const says = (await look('history', old.id)).map((entry: { says: string }) => entry.says);
    assert.match(says.at(-2), /^Acknowledged \(Stale token\) until \d{4}-\d\d-\d\d by Ann Archer: rotated in spring$/);
    assert.equal(says.at(-1), 'Acknowledgement ended (Stale token): revoked by Bo Boss');
  });
});

describe('a question that has no answer is refused in words', { concurrency: 2 }, () => {
  const questions: [args: string[], words: RegExp][] = [
    [['history', 'no-such-token'], /"no-such-token": no audit ever saw a token/],
    [['history', ''], /TOKEN-ID is empty/],
    [
      ['history', 'feed'],
      /"feed" names several: give one id, or more of it\n {2}token feedbeef-.*1\n {2}token feedbeef-.*2/,
    ],
    [['history'], /TOKEN-ID is missing/],
    [['history', '--owner', 'nobody'], /"nobody": no audit ever saw a token of such an account/],
    [['history', '--owner', ''], /--owner is empty/],
    [['tokens', '--at', '2001-01-01'], /no audit had completed by then\n.*oldest snapshot is that of run 1/],
    [['tokens', '--at', '2999-01-01'], /that has not come yet/],
    [['tokens', '--at', '2026-02-30'], /"2026-02-30": there is no such day/],
    [['tokens', '--at', '2026-03-03T12:00'], /add its time zone, as in 2026-03-03T12:00Z or/],
    [['tokens', '--at', 'yesterday'], /--at "yesterday": give a day as 2026-03-03, or an instant as/],
    [
      ['tokens', '--type', 'organisation'],
      /no audit ever saw a token of that type\n {2}Give one of organization, personal/,
    ],
    [['tokens', '--owner', 'jan'], /"jan": no audit ever saw a token of such an account\n {2}Give a user name/],
    [['tokens', '--what'], /Unknown option '--what'\n {2}Run `omni-token-audit tokens --help`/],
    [['token'], /unknown command "token"\n {2}Run `omni-token-audit --help`/],
    [['runs', '--since', '2026-03-02', '--until', '2026-03-01'], /--until 2026-03-01: that is before --since/],
    [['runs', '--status', 'lost'], /--status "lost": give one of running, complete, failed, interrupted/],
    [['mail', '--show', '999'], /--show 999: there is no such mail/],
    [['mail', '--show', '1', '--retry'], /--show excludes --retry and --discard/],
    [['ack', 'feedbee', '--reason', 'x', '--by', 'y'], /"feedbee" names several: give one id, or more/],
    [
      ['ack', 'feed', '--reason', 'x', '--by', 'y'],
      /"feed": nothing is open for it, and no audit ever saw .* of that id/,
    ],
    [['tokens', '--run', '1', '--at', '2026-01-01'], /--run and --at exclude each other/],
    [['findings', '--kind', 'token-lost'], /--kind "token-lost": give one of .*token-created/],
    [['findings', '--severity', 'awful'], /--severity "awful": give one of critical, high/],
    [['tokens', '--limit', '0'], /--limit "0": give a whole number from 1 on/],
    [['diff', '1'], /TO is missing/],
    [['diff', '3', '2'], /3 is later than 2: give the earlier moment first/],
    [['diff', '1', '99'], /TO 99: there is no such run/],
  ];
  for (const [args, words] of questions) {
    test(args.join(' '), async () => {
      assert.match(await complaint(...args), words);
    });
  }
});

test('a difference over days without an audit is not called none', async () => {
  assert.match(
    await complaint('diff', day(6), dayAfter(6)),
    /no audit completed between \S+ and \S+: at both, run 6 is/,
  );
});
