import type { RuleSettings } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { daysSince, judgeEverything, type ModelAudit, settingsOfKind } from './model-rules.ts';

export interface ModelFinding {
  kind: string;
  transition: string;
  severity: string;
  subject: string;
  suppressedBy: string | null;
  detail: Record<string, unknown> | null;
}

export interface ModelCondition {
  kind: string;
  subject: string;
  level: number;
  severity: string;
  openedRunId: number;
  resolvedRunId: number | null;
  resolvedReason: string | null;
  heldBack: boolean;
}

export interface ModelAcknowledgement {
  kind: string;
  subject: string;
  by: string;
  endedBecause: string | null;
  reportedRunId: number | null;
  endReportedRunId: number | null;
}

const severityOfEvent: Record<string, string> = {
  'token-reappeared': 'high',
  'token-removed': 'info',
  'token-disabled': 'info',
  'token-enabled': 'high',
  'token-renamed': 'low',
  'token-identity-changed': 'critical',
  'type-first-seen': 'medium',
};
const replacing = ['owner-deactivated', 'owner-missing', 'owner-idle'];

type HeldAcknowledgement = ModelAcknowledgement & { condition: ModelCondition; expiresAtMs: number };

/** What audits must find, told a second time: all listings in memory, compared one token at a time. */
export class JournalModel {
  readonly snapshots = new Map<number, Token[]>();
  readonly conditions: ModelCondition[] = [];
  readonly acknowledgements: HeldAcknowledgement[] = [];
  #current: Token[] = [];
  #disabledSince = new Map<string, Date>();
  #rules: RuleSettings | undefined;
  /** When a kind was last told of a subject. */
  #lastTold = new Map<string, number>();

  open(): ModelCondition[] {
    return this.conditions.filter(({ resolvedRunId }) => resolvedRunId === null);
  }

  isAcknowledged(condition: ModelCondition, now: Date): boolean {
    return (this.#acknowledgementOf(condition)?.expiresAtMs ?? 0) > now.getTime();
  }

  acknowledge(condition: ModelCondition, by: string, expiresAt: Date): void {
    const { kind, subject } = condition;
    // One whose time is over gives way.
    this.#end(condition, 'expired');
    const told = { endedBecause: null, reportedRunId: null, endReportedRunId: null };
    this.acknowledgements.push({ kind, subject, by, condition, expiresAtMs: expiresAt.getTime(), ...told });
    condition.heldBack = false;
  }

  revoke(condition: ModelCondition): void {
    this.#end(condition, 'revoked');
  }

  /** The findings of a complete audit. */
  audit(seen: ModelAudit): ModelFinding[] {
    // A lone surrogate has no UTF-8, so that the database holds U+FFFD in its place.
    const tokens = seen.listed.map((token) => ({ ...token, name: Buffer.from(token.name).toString() }));
    const isBaseline = this.#rules === undefined;
    const events = isBaseline ? [] : this.#events(tokens);
    for (const { kind, subject, detail } of events) {
      if (!isVoiding(kind, detail)) continue;
      this.#voidOfSubject(subject);
      const owner = tokens.find(({ id }) => id === subject)?.membershipId ?? null;
      if (kind === 'token-enabled' && owner !== null) this.#voidOfSubject(owner);
    }
    this.snapshots.set(seen.runId, tokens);
    this.#noteDisabled(tokens, seen.now);
    const turns = this.#turns({ ...seen, listed: tokens });
    const lapses = this.#lapses({ ...seen, listed: tokens });
    this.#tell(seen.runId, isBaseline);
    this.#current = tokens;
    this.#rules = seen.rules;
    const findings = [...events, ...turns, ...lapses];
    for (const { kind, subject, suppressedBy } of findings) {
      if (suppressedBy === null) this.#lastTold.set(`${kind} ${subject}`, seen.now.getTime());
    }
    return findings;
  }

  #acknowledgementOf(condition: ModelCondition): HeldAcknowledgement | undefined {
    return this.acknowledgements.find((one) => one.condition === condition && one.endedBecause === null);
  }

  #end(condition: ModelCondition, because: string): void {
    const held = this.#acknowledgementOf(condition);
    if (held !== undefined) held.endedBecause = because;
  }

  #voidOfSubject(id: string): void {
    for (const condition of this.conditions) if (condition.subject === id) this.#end(condition, 'void');
  }

  #tell(runId: number, isBaseline: boolean): void {
    if (isBaseline) return;
    for (const one of this.acknowledgements) {
      one.reportedRunId ??= runId;
      if (one.endedBecause !== null && one.endedBecause !== 'resolved') one.endReportedRunId ??= runId;
    }
  }

  #noteDisabled(tokens: Token[], now: Date): void {
    const before = this.#disabledSince;
    const wasThere = new Set(this.#current.map(({ id }) => id));
    this.#disabledSince = new Map(before);
    for (const { id, enabled } of tokens) {
      if (enabled) this.#disabledSince.delete(id);
      else this.#disabledSince.set(id, (wasThere.has(id) ? before.get(id) : undefined) ?? now);
    }
  }

  #events(tokens: Token[]): ModelFinding[] {
    const earlier = [...this.snapshots.values()].flat();
    const events: ModelFinding[] = [];
    const add = (kind: string, subject: string, detail: Record<string, unknown> = {}, severity?: string): void => {
      const told = severity ?? severityOfEvent[kind] ?? '?';
      events.push({ kind, transition: 'event', severity: told, subject, suppressedBy: null, detail });
    };
    for (const after of tokens) {
      const before = this.#current.find(({ id }) => id === after.id);
      if (before === undefined) {
        if (earlier.some(({ id }) => id === after.id)) add('token-reappeared', after.id);
        else add('token-created', after.id, {}, after.type === 'organization' ? 'high' : 'medium');
        continue;
      }
      const changes = (['membershipId', 'type', 'createdAt'] as const)
        .filter((field) => before[field] !== after[field])
        .map((field) => ({
          field,
          before: before[field],
          after: after[field],
          ...(field === 'membershipId' ? { owners: { before: null, after: null } } : {}),
        }));
      if (changes.length > 0) add('token-identity-changed', after.id, { changes });
      if (before.name !== after.name) add('token-renamed', after.id, { before: before.name, after: after.name });
      if (before.enabled && !after.enabled) add('token-disabled', after.id);
      if (!before.enabled && after.enabled) add('token-enabled', after.id);
    }
    for (const before of this.#current) {
      if (!tokens.some(({ id }) => id === before.id)) add('token-removed', before.id, { confirmed: true });
    }
    for (const type of new Set(tokens.map((token) => token.type))) {
      if (!earlier.some((token) => token.type === type)) add('type-first-seen', type, { value: type });
    }
    return events;
  }

  #turns(seen: ModelAudit): ModelFinding[] {
    const { runId, rules, now } = seen;
    const verdicts = judgeEverything(seen, this.#disabledSince);
    const turns: ModelFinding[] = [];
    const isSettings = (kind: string): boolean =>
      this.#rules !== undefined && settingsOfKind(this.#rules, kind) !== settingsOfKind(rules, kind);
    const add = (transition: string, condition: ModelCondition, suppressedBy: string | null): void => {
      const { kind, subject, severity } = condition;
      const told = transition === 'resolved' ? 'info' : severity;
      const detail = transition === 'resolved' ? null : this.#detail(condition, seen);
      turns.push({ kind, transition, severity: told, subject, suppressedBy, detail });
    };

    for (const { kind, subject, level, severity } of verdicts) {
      if (level === null || severity === null) continue;
      const intervals = this.conditions.filter((one) => one.kind === kind && one.subject === subject);
      const standing = intervals.find(({ resolvedRunId }) => resolvedRunId === null);
      const settings = isSettings(kind) ? 'settings-changed' : null;
      const isSoon = severity !== 'critical' && this.#wasToldWithinADay(kind, subject, now);
      if (standing === undefined) {
        const isBack = intervals.length > 0;
        const suppressedBy = settings ?? (isBack && isSoon ? 'flapping' : null);
        const heldBack = suppressedBy === 'flapping';
        const opened = { openedRunId: runId, resolvedRunId: null, resolvedReason: null, heldBack };
        this.conditions.push({ kind, subject, level, severity, ...opened });
        add(isBack ? 'reopened' : 'opened', this.conditions.at(-1) as ModelCondition, suppressedBy);
        continue;
      }
      const change = level - standing.level;
      const hasChanged = change !== 0 || severity !== standing.severity;
      Object.assign(standing, { level, severity });
      if (change > 0) {
        add('escalated', standing, settings);
        if (settings === null) standing.heldBack = false;
        this.#end(standing, 'void');
      } else if (hasChanged) {
        add('eased', standing, settings ?? 'eased');
      } else if (standing.heldBack && !isSoon) {
        standing.heldBack = false;
        add('reopened', standing, null);
      }
    }

    for (const standing of this.open()) {
      const { kind, subject } = standing;
      if (verdicts.some((verdict) => verdict.kind === kind && verdict.subject === subject)) continue;
      if (!seen.ownersKnown && kind.startsWith('owner-')) continue;
      const [reason, suppressedBy] = this.#howItEnded(standing, seen, isSettings(kind));
      add('resolved', standing, suppressedBy);
      Object.assign(standing, { resolvedRunId: runId, resolvedReason: reason, heldBack: false });
      this.#end(standing, suppressedBy === 'settings-changed' ? 'void' : 'resolved');
    }
    return turns;
  }

  #wasToldWithinADay(kind: string, subject: string, now: Date): boolean {
    const toldMs = this.#lastTold.get(`${kind} ${subject}`);
    return toldMs !== undefined && now.getTime() - toldMs < msPerDay;
  }

  #howItEnded(
    { kind, subject, heldBack }: ModelCondition,
    seen: ModelAudit,
    isSettings: boolean,
  ): [string, string | null] {
    const isOwner = kind.startsWith('owner-');
    const token = seen.listed.find(({ id, membershipId }) => (isOwner ? membershipId : id) === subject);
    if (token === undefined) return ['token-removed', 'event'];
    if (kind === 'token-stale' && !token.enabled) return ['token-disabled', 'event'];
    if (isSettings) return ['settings-changed', 'settings-changed'];
    const state = seen.owners.get(subject)?.state;
    const isReplaced = replacing.includes(kind) && (state === 'deactivated' || state === 'missing');
    if (isReplaced || (kind === 'token-disabled-lingering' && token.enabled)) return ['fixed', 'event'];
    return ['fixed', heldBack ? 'flapping' : null];
  }

  #lapses(seen: ModelAudit): ModelFinding[] {
    const lapsed = this.acknowledgements.filter(
      ({ endedBecause, expiresAtMs }) => endedBecause === null && expiresAtMs <= seen.now.getTime(),
    );
    for (const one of lapsed) one.endedBecause = 'expired';
    return lapsed.map(({ condition }) => {
      const { kind, severity, subject } = condition;
      return {
        kind,
        transition: 'expired',
        severity,
        subject,
        suppressedBy: null,
        detail: this.#detail(condition, seen),
      };
    });
  }

  #detail({ kind, subject, level }: ModelCondition, { listed, now }: ModelAudit): Record<string, unknown> {
    if (kind.startsWith('owner-')) {
      return {
        tokenIds: listed
          .filter(({ membershipId }) => membershipId === subject)
          .map(({ id }) => id)
          .sort(),
      };
    }
    const token = listed.find(({ id }) => id === subject) ?? this.#current.find(({ id }) => id === subject);
    const since = this.#disabledSince.get(subject);
    if (kind === 'token-stale' && token) return { ageDays: daysSince(token.createdAt, now), thresholdDays: level };
    if (kind === 'token-disabled-lingering' && since) {
      const iso = since.toISOString();
      return { since: iso, ageDays: daysSince(iso, now), thresholdDays: level };
    }
    return {};
  }
}

function isVoiding(kind: string, detail: ModelFinding['detail']): boolean {
  if (kind === 'token-enabled') return true;
  const changes = detail?.changes;
  return Array.isArray(changes) && changes.some(({ field }) => field === 'membershipId' || field === 'type');
}
