import { ageInDays, firstAfter } from '../time/duration.ts';
import { type ConditionKind, conditionSeverity } from './catalogue.ts';
import type { JudgedCondition, TokenFacts, TokenRule } from './condition-rule.ts';
import { approvalGap } from './register.ts';

/** The rules about what the register says, by kind of condition. Without a register, none of them finds anything. */
export const registerRules = {
  'token-unregistered': {
    judge: judgeUnregistered,
    facts: ({ register }) => ({
      kind: 'token-unregistered',
      detail: { gap: (register && approvalGap(register.entry, register.owner)) ?? 'no-row' },
    }),
  },
  'review-overdue': {
    judge: ({ register }, _settings, now) => judgeSince('review-overdue', overdueSince(register), [0, 30], now),
    nextChangeAt: ({ register }, _settings, now) => nextAfter(overdueSince(register), [0, 30], now),
    facts: ({ register }, _level, now) => {
      const since = required(register?.overdueAt);
      const detail = { reviewBy: required(register?.entry?.reviewBy), since, ageDays: ageInDays(since, now) };
      return { kind: 'review-overdue', detail };
    },
  },
  'revocation-pending': {
    // A person decided it, so it is reported even when the register is new.
    isFixed: () => true,
    judge: ({ register }, _settings, now) =>
      judgeSince('revocation-pending', register?.revokeSince ?? null, [0, 7], now),
    nextChangeAt: ({ register }, _settings, now) => nextAfter(register?.revokeSince ?? null, [0, 7], now),
    facts: ({ register }, _level, now) => {
      const since = required(register?.revokeSince);
      const decidedBy = register?.entry?.decidedBy ?? '';
      return { kind: 'revocation-pending', detail: { since, ageDays: ageInDays(since, now), decidedBy } };
    },
  },
} satisfies { [Kind in ConditionKind]?: TokenRule<Kind, unknown> };

/** A token that is to be revoked needs no approval. */
function judgeUnregistered({ token, register }: TokenFacts): JudgedCondition | null {
  if (register === null || register.entry?.decision === 'revoke') return null;
  if (approvalGap(register.entry, register.owner) === null) return null;
  const rank = token.type === 'organization' ? 1 : 0;
  return { kind: 'token-unregistered', level: 0, severity: conditionSeverity('token-unregistered', rank) };
}

/** A token that is to be revoked needs no review. */
function overdueSince(register: TokenFacts['register']): string | null {
  return register === null || register.entry?.decision === 'revoke' ? null : register.overdueAt;
}

/** Finds a condition that begins at `since` and gets worse after these numbers of days, which are its levels. */
function judgeSince(
  kind: ConditionKind,
  since: string | null,
  levels: readonly number[],
  now: Date,
): JudgedCondition | null {
  if (since === null || now.getTime() < Date.parse(since)) return null;
  const rank = levels.findLastIndex((days) => ageInDays(since, now) >= days);
  return { kind, level: levels[rank] ?? 0, severity: conditionSeverity(kind, rank) };
}

function nextAfter(since: string | null, levels: readonly number[], now: Date): Date | null {
  return since === null ? null : firstAfter(now, since, levels);
}

function required<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error('the register lacks a fact of an open condition');
  return value;
}
