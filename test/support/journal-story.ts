import fc from 'fast-check';
import type { RuleSettings } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { someMorning } from './fake-clock.ts';
import type { ModelPolicy } from './mail-model.ts';
import type { ModelOwner } from './model-rules.ts';
import { someToken, uuid } from './tokens.ts';

/**
 * No level stands for two severities: what the same level means after a change of type has tests
 * of its own.
 */
export const settings: RuleSettings[] = [
  {
    staleAfterDays: { organization: [90, 180, 365], personal: [100, 200], mcp: [110, 220] },
    disabledAfterDays: 30,
    ownerIdleDays: 90,
  },
  {
    staleAfterDays: { organization: [60, 120], personal: [], mcp: [150, 300] },
    disabledAfterDays: 10,
    ownerIdleDays: 0,
  },
];

export const policies: ModelPolicy[] = [
  { digestWhen: 'changes', reminderDays: 7, inventoryDays: 90 },
  { digestWhen: 'always', reminderDays: 0, inventoryDays: 0 },
];

export type Change = Partial<Omit<Token, 'id'>> & { slot: number; isListed?: boolean };

/** What becomes of an owner; null: it cannot be learned any more. */
export interface OwnerChange {
  owner: number;
  becomes: { state: ModelOwner['state']; idleDays: number | null } | null;
}

/** Somebody accepts what is open, or takes that back. */
export interface DeskWork {
  /** Which of the open conditions, as far as there are so many. */
  chosen: number;
  forDays: number;
  revokes: boolean;
}

export interface Step {
  /** Since the step before. */
  elapsedMs: number;
  /** What happens to the organisation meanwhile. */
  changes: Change[];
  ownerChanges: OwnerChange[];
  desk: DeskWork[];
  settings: number;
  policy: number;
  /** SCIM is refused at this audit. */
  isScimDown: boolean;
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
const ownerIds = [uuid(901), uuid(902)];
const membershipId = fc.constantFrom(null, ...ownerIds);
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

const state: fc.Arbitrary<ModelOwner['state']> = fc.constantFrom('active', 'active', 'deactivated', 'missing');
const ownerChange: fc.Arbitrary<OwnerChange> = fc.record({
  owner: fc.nat(1),
  becomes: fc.option(fc.record({ state, idleDays: fc.option(fc.integer({ min: 0, max: 200 })) })),
});
const desk: fc.Arbitrary<DeskWork> = fc.record({
  chosen: fc.nat(5),
  forDays: fc.integer({ min: 0, max: 60 }),
  revokes: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

export const step: fc.Arbitrary<Step> = fc.record({
  elapsedMs: fc.oneof(
    fc.constant(60_000),
    fc.integer({ min: 1, max: 3 }).map((days) => days * msPerDay),
    fc.integer({ min: 1, max: 130 * msPerDay }),
  ),
  changes: fc.array(change, { maxLength: 6 }),
  ownerChanges: fc.array(ownerChange, { maxLength: 2 }),
  desk: fc.array(desk, { maxLength: 3 }),
  policy: fc.nat(1),
  isScimDown: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  settings: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  fails: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  restarts: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** The organisation between two audits; the worker's own token is always there. */
export class Organisation {
  readonly #known = new Map<number, Token>();
  readonly #listed = new Set<number>();
  readonly #own = someToken(99, { createdAt: new Date(someMorning.getTime() + 3000 * msPerDay).toISOString() });

  apply({ slot: number, isListed, ...fields }: Change): void {
    this.#known.set(number, { ...(this.#known.get(number) ?? someToken(number)), ...fields });
    if (isListed === true) this.#listed.add(number);
    if (isListed === false) this.#listed.delete(number);
  }

  list(): Token[] {
    const listed = [...this.#known].filter(([number]) => this.#listed.has(number)).map(([, token]) => token);
    return [this.#own, ...listed];
  }
}

/** What SCIM knows. */
export class Directory {
  readonly #owners = new Map<string, ModelOwner | null>(
    ownerIds.map((id) => [id, { state: 'active', userName: `name of ${id}`, lastLogin: null }]),
  );

  apply({ owner, becomes }: OwnerChange, now: Date): void {
    const id = ownerIds[owner] ?? '';
    const userName = `name of ${id} at ${now.toISOString()}`;
    this.#owners.set(id, becomes && { state: becomes.state, userName, lastLogin: loginOf(becomes.idleDays, now) });
  }

  owners(): ReadonlyMap<string, ModelOwner | null> {
    return new Map(this.#owners);
  }
}

function loginOf(idleDays: number | null, now: Date): string | null {
  return idleDays === null ? null : new Date(now.getTime() - idleDays * msPerDay).toISOString();
}
