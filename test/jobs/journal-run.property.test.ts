import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import type { RuleSettings } from '../../src/domain/condition-rules.ts';
import { msPerDay, type Token } from '../../src/domain/token.ts';
import { journalRun } from '../../src/jobs/journal-run.ts';
import { type AuditStore, openAuditStore } from '../../src/store/store.ts';
import { someMorning } from '../support/fake-clock.ts';
import { JournalModel, type ModelCondition, type ModelFinding } from '../support/journal-model.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { someToken, uuid } from '../support/tokens.ts';

/**
 * No level stands for two severities: what the same level means after a change of type has tests
 * of its own.
 */
const settings: RuleSettings[] = [
  { staleAfterDays: { organization: [90, 180, 365], personal: [100, 200], mcp: [110, 220] } },
  { staleAfterDays: { organization: [60, 120], personal: [], mcp: [150, 300] } },
];

type Change = Partial<Omit<Token, 'id'>> & { slot: number; isListed?: boolean };

interface Step {
  /** Since the step before. */
  elapsedMs: number;
  /** What happens to the organisation meanwhile. */
  changes: Change[];
  settings: number;
  /** The audit of this step fails after it staged something. */
  fails: boolean;
  /** The program was restarted before it. */
  restarts: boolean;
}

const slotCount = 5;

const name = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\0a',
    '\0b',
    'a\0a',
    'a\0b',
    '\ud800',
    '\udfff',
    'x\ud83d',
    '\ufffd',
    'A',
    'a',
    'ä',
    '🔑',
  ),
  fc.string({ maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const type = fc.constantFrom('organization', 'personal', 'mcp', 'service', 'Personal');
const createdAt = fc
  .integer({ min: -10, max: 420 })
  .map((days) => new Date(someMorning.getTime() - days * msPerDay + 1).toISOString());
const membershipId = fc.constantFrom(null, uuid(901), uuid(902));
const slot = fc.nat(slotCount - 1);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ slot, isListed: fc.constant(true) }),
  fc.record({ slot, isListed: fc.constant(true), name, type, enabled: fc.boolean(), createdAt, membershipId }),
  fc.record({ slot, isListed: fc.constant(false) }),
  fc.record({ slot, name }),
  fc.record({ slot, enabled: fc.boolean() }),
  fc.record({ slot, type }),
  fc.record({ slot, createdAt }),
  fc.record({ slot, membershipId }),
);

const step: fc.Arbitrary<Step> = fc.record({
  elapsedMs: fc.oneof(
    fc.constant(60_000),
    fc.integer({ min: 1, max: 3 }).map((days) => days * msPerDay),
    fc.integer({ min: 1, max: 130 * msPerDay }),
  ),
  changes: fc.array(change, { maxLength: 6 }),
  settings: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  fails: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  restarts: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** The organisation between two audits; the worker's own token is always there. */
class Organisation {
  readonly #known = new Map<number, Token>();
  readonly #listed = new Set<number>();
  readonly #own = someToken(99, { createdAt: new Date(someMorning.getTime() + 3000 * msPerDay).toISOString() });

  apply({ slot: number, isListed, ...fields }: Change): void {
    this.#known.set(number, { ...(this.#known.get(number) ?? someToken(number)), ...fields });
    if (isListed === true) this.#listed.add(number);
    if (isListed === false) this.#listed.delete(number);
  }

  /**
   * A disabled token whose type becomes known is enabled too, since it is not agreed on what then
   * resolved its condition; that has a test of its own.
   */
  avoidDisputes(wasUnknown: (id: string) => boolean): void {
    for (const [number, token] of this.#known) {
      const isKnown = ['organization', 'personal', 'mcp'].includes(token.type);
      if (isKnown && !token.enabled && wasUnknown(token.id)) this.#known.set(number, { ...token, enabled: true });
    }
  }

  list(): Token[] {
    const listed = [...this.#known].filter(([number]) => this.#listed.has(number)).map(([, token]) => token);
    return [this.#own, ...listed];
  }
}

/** One audit, from the staged listing on. Answers its id. */
function audit(store: AuditStore, tokens: Token[], now: Date, rules: RuleSettings): number {
  const id = store.runs.begin('manual', 'test', now);
  store.staging.reset();
  store.staging.add(tokens.slice(0, 2));
  store.staging.add(tokens.slice(2));
  assert.equal(store.staging.seal(), tokens.length);
  const previous = store.runs.lastComplete();
  const rulesHash = JSON.stringify(rules);
  store.inTransaction(() => {
    journalRun(store, {
      id,
      previousRunId: previous?.id ?? null,
      rules,
      rulesChanged: previous !== null && previous.rulesHash !== rulesHash,
      now,
    });
    store.runs.complete(id, {
      finishedAt: now,
      isBaseline: previous === null,
      tokenCount: tokens.length,
      pageCount: 2,
      requestCount: 2,
      surplus: 0,
      rulesHash,
    });
  });
  return id;
}

function failedAudit(store: AuditStore, tokens: Token[], now: Date): void {
  const id = store.runs.begin('manual', 'test', now);
  store.staging.reset();
  store.staging.add(tokens.slice(1));
  store.staging.seal();
  store.runs.fail(id, {
    status: 'failed',
    finishedAt: now,
    pageCount: 1,
    requestCount: 1,
    errorType: 'OmniError',
    error: 'no',
  });
}

type Reader = InstanceType<typeof BetterSqlite3>;

function journalOf(reader: Reader, runId: number): ModelFinding[] {
  const rows = reader
    .prepare<[number], Omit<ModelFinding, 'detail'> & { detail: string }>(
      'SELECT kind, turn, severity, subject, silence, detail FROM findings WHERE run_id = ?',
    )
    .all(runId);
  return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
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
    .prepare<[], ModelCondition>(
      `SELECT kind, subject, level, severity, opened_run_id AS openedRunId, resolved_run_id AS resolvedRunId,
              resolved_reason AS resolvedReason
         FROM conditions`,
    )
    .all();
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
  const model = new JournalModel();
  let now = someMorning;
  let store = openAuditStore(path, now);
  const reader = new BetterSqlite3(path, { readonly: true });
  try {
    for (const { elapsedMs, changes, settings: index, fails, restarts } of steps) {
      now = new Date(now.getTime() + elapsedMs);
      for (const one of changes) organisation.apply(one);
      organisation.avoidDisputes((id) => model.isUnknownType(id));
      if (restarts) {
        store[Symbol.dispose]();
        store = openAuditStore(path, now);
      }
      if (fails) {
        failedAudit(store, organisation.list(), now);
        continue;
      }
      const rules = settings[index];
      assert.ok(rules);
      const runId = audit(store, organisation.list(), now, rules);
      assertSameMembers(journalOf(reader, runId), model.audit(runId, organisation.list(), now, rules));
    }
    for (const [runId, tokens] of model.snapshots) assertSameMembers(snapshotOf(reader, runId), tokens);
    assertSameMembers(conditionsOf(reader), model.conditions);
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
      { numRuns: 70 },
    );
  });
});
