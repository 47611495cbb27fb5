import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { type RunMailDeps, reportRun } from '../../src/audit/queue-mails.ts';
import { recordRun } from '../../src/audit/record-run.ts';
import { createLogger } from '../../src/logging.ts';
import type { OwnerFacts } from '../../src/rules/catalogue.ts';
import { createJudge } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { type AuditStore, openAuditStore } from '../../src/stores.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { someMorning } from '../support/fake-clock.ts';
import {
  JournalModel,
  type ModelAcknowledgement,
  type ModelCondition,
  type ModelFinding,
} from '../support/journal-model.ts';
import {
  type DeskWork,
  Directory,
  Organisation,
  policies,
  type Step,
  settings,
  step,
} from '../support/journal-story.ts';
import { MailModel, type ModelPolicy } from '../support/mail-model.ts';
import { recipient, someMessage } from '../support/messages.ts';
import type { ModelAudit } from '../support/model-rules.ts';
import { begin, someCompletion, someFailure, stage } from '../support/runs.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Everything that a complete audit of this test sees and goes by. */
type Seen = Omit<ModelAudit, 'runId'> & { policy: ModelPolicy };

/** One audit, from the staged listing on. Answers its id. */
function audit(store: AuditStore, seen: Seen): number {
  const { listed, owners, ownersKnown, now, rules } = seen;
  const id = begin(store, now);
  store.staging.reset();
  store.staging.add(listed.slice(0, 2));
  store.staging.add(listed.slice(2));
  assert.equal(store.staging.seal(), listed.length);
  const previous = store.runs.lastComplete();
  learn(store, owners, ownersKnown);
  const settingsFingerprint = createJudge(rules).fingerprint;
  store.transactions.run((tx) => {
    recordRun(tx, store, {
      id,
      previous,
      judge: createJudge(rules),
      ownersKnown,
      confirmedRemovals: new Set(store.snapshots.vanishedIds()),
      credential: { before: null, after: null },
      now,
    });
    store.runs.complete(
      tx,
      id,
      someCompletion({
        finishedAt: now,
        isBaseline: previous === null,
        tokenCount: listed.length,
        settingsFingerprint,
        owners: ownersKnown ? { known: true, unresolved: 0 } : { known: false, problem: 'no', hint: '' },
      }),
    );
    reportRun(tx, mailDeps(store, seen), id);
  });
  return id;
}

function learn(store: AuditStore, owners: Seen['owners'], ownersKnown: boolean): void {
  const { wantedOwners } = store;
  wantedOwners.collect();
  for (const [membershipId, owner] of owners) {
    if (owner === null) continue;
    const { state, userName, lastLogin } = owner;
    if (state === 'missing') wantedOwners.missing(membershipId);
    else wantedOwners.found([{ membershipId, userName, displayName: '', active: state === 'active', lastLogin }]);
  }
  if (!ownersKnown) wantedOwners.forget();
}

let mailNumber = 0;

function mailDeps(store: AuditStore, { policy }: Seen): RunMailDeps {
  return {
    store,
    log: createLogger('silent'),
    context: { organizationName: 'Acme', baseUrl: 'https://acme.omniapp.co', hasAttachments: true },
    policy,
    alertAfterMs: 0,
    address(kind, { isCritical: _, ...rendered }, now) {
      mailNumber += 1;
      const message = someMessage(mailNumber, { ...rendered, kind, createdAt: now.toISOString() });
      return { message, recipients: [recipient] };
    },
  };
}

/** The same acknowledgements in the store and in the model. */
function workAtTheDesk(store: AuditStore, model: JournalModel, work: DeskWork[], now: Date): void {
  for (const [index, { chosen, forDays, revokes }] of work.entries()) {
    const condition = model.open()[chosen];
    if (condition === undefined) continue;
    const stored = store.acknowledgements
      .openConditions(condition.subject, now)
      .find(({ kind, subject }) => kind === condition.kind && subject.id === condition.subject);
    assert.ok(stored);
    assert.equal(stored.acknowledgedUntil !== null, model.isAcknowledged(condition, now));
    if (revokes && model.isAcknowledged(condition, now)) {
      store.transactions.run((tx) =>
        store.acknowledgements.end(tx, stored.id, { because: 'revoked', by: 'reviser' }, now),
      );
      model.revoke(condition);
    } else if (!revokes && !model.isAcknowledged(condition, now)) {
      const by = `desk ${now.toISOString()} ${index}`;
      const expiresAt = new Date(now.getTime() + forDays * msPerDay);
      const expiresOn = expiresAt.toISOString().slice(0, 10);
      const accepted = { reason: 'known', by, createdAt: now, expiresOn, expiresAt };
      store.transactions.run((tx) => store.acknowledgements.add(tx, stored, accepted));
      model.acknowledge(condition, by, expiresAt);
    }
  }
}

function failedAudit(store: AuditStore, tokens: Token[], now: Date): void {
  const id = begin(store, now);
  stage(store, tokens.slice(1));
  store.transactions.run((tx) => store.runs.fail(tx, id, someFailure({ finishedAt: now })));
}

type Reader = InstanceType<typeof BetterSqlite3>;

function journalOf(reader: Reader, runId: number): ModelFinding[] {
  const rows = reader
    .prepare<[number], Omit<ModelFinding, 'detail'> & { detail: string }>(
      'SELECT kind, transition, severity, subject, suppressed_by AS suppressedBy, detail FROM findings WHERE run_id = ?',
    )
    .all(runId);
  return rows.map((row) => ({ ...row, detail: comparable(JSON.parse(row.detail)) }));
}

/** Of an owner's finding, the tokens; names and states of owners have tests of their own. */
function comparable(detail: Record<string, unknown> | OwnerFacts | null): Record<string, unknown> | null {
  if (detail === null || !('tokens' in detail)) return detail;
  const { tokens, tokenCount } = detail as OwnerFacts;
  assert.equal(tokens.length, tokenCount);
  return { tokenIds: tokens.map(({ id }) => id).sort() };
}

function snapshotOf(reader: Reader, runId: number): Token[] {
  const rows = reader
    .prepare<[number], Omit<Token, 'enabled'> & { enabled: number }>(
      `SELECT token_id AS id, name, type, enabled, created_at AS createdAt, membership_id AS membershipId
         FROM snapshots
        WHERE run_id = ?`,
    )
    .all(runId);
  return rows.map((row) => ({ ...row, enabled: row.enabled === 1 }));
}

function conditionsOf(reader: Reader): ModelCondition[] {
  return reader
    .prepare<[], Omit<ModelCondition, 'heldBack'> & { heldBack: number }>(
      `SELECT kind, subject, level, severity, opened_run_id AS openedRunId, resolved_run_id AS resolvedRunId,
              resolved_reason AS resolvedReason, is_unreported AS heldBack
         FROM conditions`,
    )
    .all()
    .map((row) => ({ ...row, heldBack: row.heldBack === 1 }));
}

function acknowledgementsOf(reader: Reader): ModelAcknowledgement[] {
  return reader
    .prepare<[], ModelAcknowledgement>(
      `SELECT c.kind, c.subject, a.by_whom AS "by", a.ended_because AS endedBecause, a.reported_run_id AS reportedRunId,
              a.end_reported_run_id AS endReportedRunId
         FROM acknowledgements AS a
         JOIN conditions AS c ON c.id = a.condition_id`,
    )
    .all();
}

function mailsOf(reader: Reader, runId: number): string[] {
  return reader.prepare<[number], string>('SELECT kind FROM messages WHERE run_id = ? ORDER BY id').pluck().all(runId);
}

/** Conditions that a run told and that are acknowledged after it all the same. */
function toldAndAcknowledged(reader: Reader, runId: number): unknown[] {
  return reader
    .prepare<[number], unknown>(
      `SELECT f.kind, f.transition, f.subject
         FROM findings AS f
         JOIN acknowledgements AS a ON a.condition_id = f.condition_id AND a.ended_at IS NULL
        WHERE f.run_id = ?
          AND f.suppressed_by IS NULL`,
    )
    .all(runId);
}

function assertSameMembers(actual: unknown[], expected: unknown[]): void {
  const sorted = (values: unknown[]): string[] => values.map((value) => canonical(value)).sort();
  assert.deepEqual(sorted(actual), sorted(expected));
}

/** JSON that does not depend on the order of the fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function playAndCompare(path: string, steps: Step[]): void {
  const organisation = new Organisation();
  const directory = new Directory();
  const model = new JournalModel();
  const mails = new MailModel();
  let now = someMorning;
  let store = openAuditStore(path, now);
  const reader = new BetterSqlite3(path, { readonly: true });
  try {
    for (const step of steps) {
      now = new Date(now.getTime() + step.elapsedMs);
      for (const one of step.changes) organisation.apply(one);
      for (const one of step.ownerChanges) directory.apply(one, now);
      if (step.restarts) {
        store[Symbol.dispose]();
        store = openAuditStore(path, now);
      }
      workAtTheDesk(store, model, step.desk, now);
      if (step.fails) {
        failedAudit(store, organisation.list(), now);
        continue;
      }
      const [rules, policy] = [settings[step.settings], policies[step.policy]];
      assert.ok(rules && policy);
      const owners = directory.owners();
      const seen = { listed: organisation.list(), owners, ownersKnown: !step.isScimDown, now, rules, policy };
      const runId = audit(store, seen);
      const expected = model.audit({ ...seen, runId });
      assertSameMembers(journalOf(reader, runId), expected);
      assert.deepEqual(toldAndAcknowledged(reader, runId), []);
      const hasNews = expected.some(({ suppressedBy }) => suppressedBy === null);
      const noticed = model.acknowledgements.some(
        (one) => one.reportedRunId === runId || one.endReportedRunId === runId,
      );
      assert.deepEqual(mailsOf(reader, runId), mails.audit(hasNews || noticed, !step.isScimDown, policy, now));
    }
    for (const [runId, tokens] of model.snapshots) assertSameMembers(snapshotOf(reader, runId), tokens);
    assertSameMembers(conditionsOf(reader), model.conditions);
    assertSameMembers(
      acknowledgementsOf(reader),
      model.acknowledgements.map(({ condition: _, expiresAtMs: __, ...one }) => one),
    );
    assert.deepEqual(reader.pragma('foreign_key_check'), []);
  } finally {
    reader.close();
    store[Symbol.dispose]();
  }
}

describe('the journal of the runs', () => {
  test('holds what a naive comparison of all listings finds, over any history', (context: TestContext) => {
    const folder = tempFolder(context);
    let database = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 9 }), (steps) => {
        database += 1;
        playAndCompare(`${folder}/${database}.db`, steps);
      }),
      { numRuns: 60 },
    );
  });
});
