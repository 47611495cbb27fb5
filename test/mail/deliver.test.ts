import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { deliverDue } from '../../src/mail/deliver.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openSharedStore } from '../../src/stores.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';
import { allOutput, firstOutput, startScript } from '../support/child-process.ts';
import { createDeliverBench, type DeliverBench } from '../support/deliver-bench.ts';
import { closedPort } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';

function statuses(bench: DeliverBench): string[][] {
  return bench.deliveries().map((deliveries) => deliveries.map(({ status }) => status));
}

describe('a delivery', () => {
  test('sends each mail once to each recipient', async (context) => {
    await using server = await startFaultySmtpServer();
    const recipients = ['a@acme.example', 'b@acme.example'];
    const bench = createDeliverBench(context, server.port, { messageCount: 2, recipients });
    assert.deepEqual(await bench.deliver(), { sent: 4, pending: 0, parked: 0 });
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 0, parked: 0 });
    const got = server.accepted.map(({ to, messageId }) => `${to.join()} ${messageId}`).sort();
    assert.deepEqual(got, [
      'a@acme.example <message-1@acme.example>',
      'a@acme.example <message-2@acme.example>',
      'b@acme.example <message-1@acme.example>',
      'b@acme.example <message-2@acme.example>',
    ]);
    const [first] = bench.deliveries().flat();
    assert.deepEqual([first?.status, first?.attempts, first?.sentAt], ['sent', 1, bench.clock.now().toISOString()]);
  });

  test('that is refused for now waits, and is sent when it is taken', async (context) => {
    await using server = await startFaultySmtpServer({
      faults: { recipient: () => ({ responseCode: 451, message: 'greylisted' }) },
    });
    const bench = createDeliverBench(context, server.port);
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 1, parked: 0 });
    const [waiting] = bench.deliveries().flat();
    assert.match(waiting?.lastError ?? '', /greylisted/);
    assert.ok(Date.parse(waiting?.nextAttemptAt ?? '') >= bench.clock.now().getTime() + msPerMinute);
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 1, parked: 0 });
    assert.equal(server.connectionCount, 1);
    server.faults = {};
    bench.clock.advance(2 * msPerMinute);
    assert.deepEqual(await bench.deliver(), { sent: 1, pending: 0, parked: 0 });
  });

  test('that is refused for now for more than five days is parked', async (context) => {
    await using server = await startFaultySmtpServer({
      faults: { data: () => ({ responseCode: 452, message: 'mailbox full' }) },
    });
    const bench = createDeliverBench(context, server.port);
    for (let day = 0; day <= 5; day += 1) {
      assert.deepEqual(statuses(bench), [['pending']], `day ${day}`);
      await bench.deliver();
      bench.clock.advance(msPerDay);
    }
    assert.deepEqual(statuses(bench), [['parked']]);
    assert.match(bench.deliveries()[0]?.[0]?.lastError ?? '', /mailbox full.*five days/);
  });

  test('of a message that is too large for the server is parked', async (context) => {
    await using server = await startFaultySmtpServer({ size: 300 });
    const bench = createDeliverBench(context, server.port);
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 0, parked: 1 });
  });

  test('is repeated with the same Message-ID and the same bytes, its files included', async (context) => {
    await using server = await startFaultySmtpServer({ faults: { data: () => 'cut' } });
    const attachments = [{ fileName: 'findings.csv', content: '\ufeffgrößer\r\n' }];
    const bench = createDeliverBench(context, server.port, { fields: { attachments } });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await bench.deliver();
      bench.clock.advance(msPerDay);
    }
    server.faults = {};
    await bench.deliver();
    assert.equal(server.received.length, 4);
    assert.equal(new Set(server.received.map(({ raw }) => raw)).size, 1);
    assert.match(server.received[0]?.raw ?? '', /findings\.csv/);
    assert.equal(server.accepted[0]?.messageId, someMessage(1).messageId);
  });

  test('leaves a mail waiting whose sending was aborted', { timeout: 10_000 }, async (context) => {
    const controller = new AbortController();
    await using server = await startFaultySmtpServer({
      faults: {
        data: () => {
          controller.abort(new Error('told to stop'));
          return 'cut';
        },
      },
    });
    const bench = createDeliverBench(context, server.port, { messageCount: 2 });
    assert.deepEqual(await deliverDue(bench.deps, controller.signal), { sent: 0, pending: 2, parked: 0 });
    assert.equal(server.connectionCount, 1);
  });
});

describe('an outage of the mail server', () => {
  test('puts all mail off after one attempt, and never parks any, however long it lasts', async (context) => {
    const bench = createDeliverBench(context, await closedPort(), { messageCount: 3 });
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 3, parked: 0 });
    const deliveries = bench.deliveries().flat();
    assert.deepEqual(
      deliveries.map(({ attempts }) => attempts),
      [1, 0, 0],
    );
    assert.equal(new Set(deliveries.map(({ nextAttemptAt }) => nextAttemptAt)).size, 1);
    for (const { lastError } of deliveries) assert.match(lastError ?? '', /ECONNREFUSED/);
    for (let day = 1; day <= 40; day += 1) {
      bench.clock.advance(msPerDay);
      assert.deepEqual(await bench.deliver(), { sent: 0, pending: 3, parked: 0 });
    }
  });

  test('ends with all mail being sent', async (context) => {
    const port = await closedPort();
    const bench = createDeliverBench(context, port, { messageCount: 3 });
    await bench.deliver();
    await using server = await startFaultySmtpServer({ port });
    bench.clock.advance(2 * msPerMinute);
    assert.deepEqual(await bench.deliver(), { sent: 3, pending: 0, parked: 0 });
    assert.equal(server.accepted.length, 3);
  });
});

describe('a mail server that cannot be trusted', () => {
  const cases = {
    'offers no STARTTLS': { server: {}, smtp: { security: 'starttls' } },
    'offers STARTTLS with a certificate that nobody signed': {
      server: { starttls: true, ...localhostCertificate },
      smtp: { security: 'starttls' },
    },
    'speaks TLS with a certificate that nobody signed': {
      server: { secure: true, ...localhostCertificate },
      smtp: { security: 'tls' },
    },
    'speaks no TLS where TLS is wanted': { server: {}, smtp: { security: 'tls' } },
  } as const;
  for (const [what, { server: serverOptions, smtp }] of Object.entries(cases)) {
    test(`because it ${what} gets no mail, and all mail waits`, async (context) => {
      await using server = await startFaultySmtpServer(serverOptions);
      const bench = createDeliverBench(context, server.port, { messageCount: 2, smtp: { host: 'localhost', ...smtp } });
      assert.deepEqual(await bench.deliver(), { sent: 0, pending: 2, parked: 0 });
      assert.deepEqual(server.received, []);
      assert.deepEqual(
        bench.deliveries().map(([delivery]) => delivery?.attempts),
        [1, 0],
      );
    });
  }

  test('because it refuses the log-in gets no mail, and all mail waits', async (context) => {
    await using server = await startFaultySmtpServer({ login: { username: 'audit', password: 'right' } });
    const login = { username: 'audit', password: new Secret('wr0ng-and-secret') };
    const bench = createDeliverBench(context, server.port, { messageCount: 2, smtp: { login } });
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 2, parked: 0 });
    assert.deepEqual(
      bench.deliveries().map(([delivery]) => delivery?.attempts),
      [1, 0],
    );
    assert.doesNotMatch(JSON.stringify(bench.deliveries()), /wr0ng-and-secret/);
  });

  test('because it wants a log-in that we do not have gets no mail, and all mail waits', async (context) => {
    await using server = await startFaultySmtpServer({ login: { username: 'audit', password: 'right' } });
    const bench = createDeliverBench(context, server.port);
    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 1, parked: 0 });
  });

  test('gets the mail once the log-in is right', async (context) => {
    await using server = await startFaultySmtpServer({ login: { username: 'audit', password: 'right' } });
    const login = { username: 'audit', password: new Secret('right') };
    const bench = createDeliverBench(context, server.port, { smtp: { login } });
    assert.deepEqual(await bench.deliver(), { sent: 1, pending: 0, parked: 0 });
  });
});

describe('two who deliver at once', () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  const allIds = numbers.map((number) => someMessage(number).messageId).sort();

  test('within one process send each mail once', async (context) => {
    await using server = await startFaultySmtpServer();
    const bench = createDeliverBench(context, server.port, { messageCount: 20 });
    using other = openSharedStore(bench.path);
    const tallies = await Promise.all([bench.deliver(), deliverDue({ ...bench.deps, outbox: other.outbox }, noAbort)]);
    assert.ok(tallies.every(({ sent }) => sent > 0));
    assert.deepEqual(server.received.map(({ messageId }) => messageId).sort(), allIds);
  });

  test('in two processes send each mail once', { timeout: 30_000 }, async (context) => {
    await using server = await startFaultySmtpServer();
    const bench = createDeliverBench(context, server.port, { messageCount: 20 });
    const processes = [1, 2].map(() => startScript(context, './deliver-all.ts', [bench.path, String(server.port)]));
    await Promise.all(processes.map(firstOutput));
    const outputs = processes.map(allOutput);
    for (const child of processes) child.stdin?.end('go\n');
    const sent = (await Promise.all(outputs)).map(Number);
    assert.equal((sent[0] ?? 0) + (sent[1] ?? 0), 20);
    assert.deepEqual(server.received.map(({ messageId }) => messageId).sort(), allIds);
    assert.deepEqual(bench.store.outbox.counts(), { pending: 0, parked: 0 });
  });

  test('send each mail once, also late in a pass that takes long', async (context) => {
    const bench = createDeliverBench(context, await closedPort(), { messageCount: 3 });
    using other = openSharedStore(bench.path);
    const begun: string[] = [];
    const quick: Pick<Mailer, 'send'> = {
      async send({ messageId }) {
        begun.push(messageId);
        return { kind: 'accepted' };
      },
    };
    const slow: Pick<Mailer, 'send'> = {
      async send({ messageId }) {
        begun.push(messageId);
        // Within the limit of one attempt; meanwhile somebody else delivers what is due by then.
        bench.clock.advance(1.8 * msPerMinute);
        if (begun.length > 2) await deliverDue({ ...bench.deps, outbox: other.outbox, mailer: quick }, noAbort);
        return { kind: 'accepted' };
      },
    };
    await deliverDue({ ...bench.deps, mailer: slow }, noAbort);
    assert.deepEqual(
      begun,
      [1, 2, 3].map((number) => someMessage(number).messageId),
    );
  });
});
