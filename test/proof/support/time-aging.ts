import { recordRun } from '../../../src/audit/record-run.ts';
import type { FindingFacts } from '../../../src/rules/catalogue.ts';
import type { RuleSettings } from '../../../src/rules/judge.ts';
import { createJudge } from '../../../src/rules/judge.ts';
import type { Token } from '../../../src/rules/token.ts';
import { type AuditStore, openAuditStore } from '../../../src/stores.ts';
import { msPerDay } from '../../../src/time/duration.ts';
import { daysAgo } from '../../support/audit-steps.ts';
import { defaultRules } from '../../support/default-rules.ts';
import { someMorning } from '../../support/fake-clock.ts';
import { begin, someCompletion, stage } from '../../support/runs.ts';
import { someToken, uuid } from '../../support/tokens.ts';
import { tally } from './tally.ts';
import type { ClockMove } from './time-moves.ts';

const rules: RuleSettings = defaultRules;

/** By type, in days; most are about to pass a threshold. */
const ages: [type: string, days: number][] = [
  ['organization', 3],
  ['organization', 60],
  ['organization', 89],
  ['organization', 90],
  ['organization', 170],
  ['organization', 364],
  ['organization', 900],
  ['personal', 89],
  ['personal', 179],
  ['personal', 300],
  ['mcp', 150],
  ['mcp', 366],
];
/** Of the owners, in days ago; null: Omni does not know. */
const logins = [1, 60, 89, 91, null];

const owner = (index: number): string => uuid(500 + index);
const tokens: Token[] = [
  ...ages.map(([type, days], index) =>
    someToken(index, { type, createdAt: daysAgo(days), membershipId: owner(index % logins.length) }),
  ),
  someToken(90, { enabled: false, createdAt: daysAgo(10), membershipId: null }),
  someToken(91, { enabled: false, createdAt: daysAgo(400), membershipId: null }),
];

/** Every level that a clock which shows `now` makes true, as `kind subject`. */
function reachedAt(now: Date, firstAudit: Date): [condition: string, level: number][] {
  const reached = (instant: string, levels: readonly number[]): number | undefined =>
    levels.findLast((days) => now.getTime() - Date.parse(instant) >= days * msPerDay);
  const all: [string, number | undefined][] = [
    ...tokens.map(({ id, type, enabled, createdAt }): [string, number | undefined] =>
      enabled
        ? [`token-stale ${id}`, reached(createdAt, rules.staleAfterDays[type as 'mcp'])]
        : [`token-disabled-lingering ${id}`, reached(firstAudit.toISOString(), [rules.disabledAfterDays])],
    ),
    ...logins.map((days, index): [string, number | undefined] => [
      `owner-idle ${owner(index)}`,
      days === null ? undefined : reached(daysAgo(days), [rules.ownerIdleDays]),
    ]),
  ];
  return all.filter((each): each is [string, number] => each[1] !== undefined);
}

/**
 * Audits an organisation to which nothing happens but time, a first time and after each move of
 * the clock. Answers what was told against: for each condition its levels, in order, each once.
 */
export function wrongNews(moves: readonly ClockMove[]): string[] {
  using store = openAuditStore(':memory:', someMorning);
  const told = new Map<string, string[]>();
  const highest = new Map<string, number>();
  let now = someMorning;
  for (const move of [null, ...moves]) {
    const days = move === null ? 0 : move.kind === 'set back' ? -move.days : move.days;
    now = new Date(now.getTime() + days * msPerDay);
    tally.faults += move === null ? 0 : 1;
    for (const { kind, subject, transition, detail } of audit(store, now)) {
      const condition = `${kind} ${subject.id}`;
      const { thresholdDays } = detail as FindingFacts['token-stale'];
      told.set(condition, [...(told.get(condition) ?? []), `${transition} ${thresholdDays}`]);
    }
    for (const [condition, level] of reachedAt(now, someMorning)) {
      const before = highest.get(condition) ?? 0;
      if (level > before) highest.set(condition, level);
      // What the readers have heard by now, if each level is told when a clock first shows it.
      const last = Number(told.get(condition)?.at(-1)?.split(' ')[1] ?? 0);
      if (level > before && last !== level) return [`${condition}: ${level} is reached, and ${last} was told last`];
    }
  }
  return [...told].flatMap(([condition, turns]) => (isEachOnce(turns) ? [] : [`${condition}: ${turns.join(', ')}`]));
}

/** Opened, then worse and worse. */
function isEachOnce(turns: readonly string[]): boolean {
  const levels = turns.map((transition) => Number(transition.split(' ')[1]));
  return turns.every((transition, index) => {
    const isRightTurn = transition.startsWith(index === 0 ? 'opened ' : 'escalated ');
    return isRightTurn && (levels[index] ?? 0) > (levels[index - 1] ?? 0);
  });
}

/** One complete audit, from the staged listing on; answers what it tells. */
function audit(store: AuditStore, now: Date) {
  const id = begin(store, now);
  const previous = store.runs.lastComplete();
  stage(store, tokens);
  store.wantedOwners.collect();
  const found = logins.map((days, index) => ({
    membershipId: owner(index),
    userName: `person ${index}`,
    displayName: '',
    active: true,
    lastLogin: days === null ? null : daysAgo(days),
  }));
  store.wantedOwners.found(found);
  store.transactions.run((tx) => {
    recordRun(tx, store, {
      id,
      previous,
      judge: createJudge(rules),
      ownersKnown: true,
      confirmedRemovals: new Set(),
      credential: { before: null, after: null },
      now,
    });
    const settingsFingerprint = createJudge(rules).fingerprint;
    store.runs.complete(
      tx,
      id,
      someCompletion({
        finishedAt: now,
        isBaseline: previous === null,
        tokenCount: tokens.length,
        settingsFingerprint,
      }),
    );
  });
  tally.audits += 1;
  return [...store.findings.reportedBy(id)];
}
