import type { RuleSettings } from '../../src/domain/condition-rules.ts';
import { msPerDay, type Token } from '../../src/domain/token.ts';

export interface ModelFinding {
  kind: string;
  turn: string;
  severity: string;
  subject: string;
  silence: string | null;
  detail: Record<string, unknown>;
}

export interface ModelCondition {
  kind: string;
  subject: string;
  level: number;
  severity: string;
  openedRunId: number;
  resolvedRunId: number | null;
  resolvedReason: string | null;
}

type Judged = Pick<ModelCondition, 'kind' | 'subject' | 'level' | 'severity'>;

const severityOfEvent: Record<string, string> = {
  'token-reappeared': 'high',
  'token-removed': 'info',
  'token-disabled': 'info',
  'token-enabled': 'high',
  'token-renamed': 'low',
  'token-owner-changed': 'critical',
  'token-type-changed': 'critical',
  'token-created-at-changed': 'critical',
  'type-first-seen': 'medium',
};
const severityOfAge = ['low', 'medium', 'high'];

/** What audits must find, told a second time: all listings in memory, compared one token at a time. */
export class JournalModel {
  readonly snapshots = new Map<number, Token[]>();
  readonly conditions: ModelCondition[] = [];
  #current: Token[] = [];
  #rules: RuleSettings | undefined;

  isUnknownType(id: string): boolean {
    return this.conditions.some(
      ({ kind, subject, resolvedRunId }) => kind === 'token-type-unknown' && subject === id && resolvedRunId === null,
    );
  }

  /** The findings of a complete audit that saw `listed`. */
  audit(runId: number, listed: Token[], now: Date, rules: RuleSettings): ModelFinding[] {
    // A lone surrogate has no UTF-8, so that the database holds U+FFFD in its place.
    const tokens = listed.map((token) => ({ ...token, name: Buffer.from(token.name).toString() }));
    const rulesChanged = this.#rules !== undefined && this.#rules !== rules;
    const events = this.#rules === undefined ? [] : this.#events(tokens);
    this.snapshots.set(runId, tokens);
    const turns = this.#turns(runId, tokens, now, rules, rulesChanged);
    this.#current = tokens;
    this.#rules = rules;
    return [...events, ...turns];
  }

  #events(tokens: Token[]): ModelFinding[] {
    const earlier = [...this.snapshots.values()].flat();
    const events: ModelFinding[] = [];
    const add = (kind: string, subject: string, detail: Record<string, unknown> = {}, severity?: string): void => {
      events.push({
        kind,
        turn: 'event',
        severity: severity ?? severityOfEvent[kind] ?? '?',
        subject,
        silence: null,
        detail,
      });
    };
    for (const after of tokens) {
      const before = this.#current.find(({ id }) => id === after.id);
      if (before === undefined) {
        if (earlier.some(({ id }) => id === after.id)) add('token-reappeared', after.id);
        else add('token-created', after.id, {}, after.type === 'organization' ? 'high' : 'medium');
        continue;
      }
      const compare = (kind: string, field: 'name' | 'type' | 'membershipId' | 'createdAt'): void => {
        if (before[field] !== after[field]) add(kind, after.id, { before: before[field], after: after[field] });
      };
      compare('token-renamed', 'name');
      compare('token-type-changed', 'type');
      compare('token-owner-changed', 'membershipId');
      compare('token-created-at-changed', 'createdAt');
      if (before.enabled && !after.enabled) add('token-disabled', after.id);
      if (!before.enabled && after.enabled) add('token-enabled', after.id);
    }
    for (const before of this.#current) {
      if (!tokens.some(({ id }) => id === before.id)) add('token-removed', before.id);
    }
    for (const type of new Set(tokens.map((token) => token.type))) {
      if (!earlier.some((token) => token.type === type)) add('type-first-seen', type, { value: type });
    }
    return events;
  }

  #turns(runId: number, tokens: Token[], now: Date, rules: RuleSettings, rulesChanged: boolean): ModelFinding[] {
    const judged = tokens.flatMap((token) => judge(token, now, rules));
    const turns: ModelFinding[] = [];
    const add = (turn: string, { kind, subject, level, severity }: Judged, silence: string | null): void => {
      const token = tokens.find(({ id }) => id === subject) ?? this.#current.find(({ id }) => id === subject);
      const detail = kind === 'token-stale' && token ? { ageDays: ageOf(token, now), thresholdDays: level } : {};
      turns.push({ kind, turn, severity: turn === 'resolved' ? 'info' : severity, subject, silence, detail });
    };
    for (const verdict of judged) {
      const intervals = this.conditions.filter((one) => one.kind === verdict.kind && one.subject === verdict.subject);
      const standing = intervals.find(({ resolvedRunId }) => resolvedRunId === null);
      const silence = rulesChanged ? 'settings-changed' : null;
      if (standing === undefined) {
        this.conditions.push({ ...verdict, openedRunId: runId, resolvedRunId: null, resolvedReason: null });
        add(intervals.length > 0 ? 'reopened' : 'opened', verdict, silence);
      } else if (standing.level !== verdict.level) {
        const isWorse = verdict.level > standing.level;
        add(isWorse ? 'worsened' : 'eased', verdict, silence ?? (isWorse ? null : 'eased'));
        Object.assign(standing, verdict);
      } else if (standing.severity !== verdict.severity) {
        // Only other settings can give the same level another severity here.
        add('eased', verdict, 'settings-changed');
        Object.assign(standing, verdict);
      }
    }
    for (const standing of this.conditions.filter(({ resolvedRunId }) => resolvedRunId === null)) {
      if (judged.some(({ kind, subject }) => kind === standing.kind && subject === standing.subject)) continue;
      const token = tokens.find(({ id }) => id === standing.subject);
      const [reason, silence] =
        token === undefined
          ? ['token-removed', 'said-by-event']
          : !token.enabled
            ? ['token-disabled', 'said-by-event']
            : rulesChanged
              ? ['settings-changed', 'settings-changed']
              : ['fixed', null];
      standing.resolvedRunId = runId;
      standing.resolvedReason = reason;
      add('resolved', standing, silence);
    }
    return turns;
  }
}

function judge(token: Token, now: Date, { staleAfterDays }: RuleSettings): Judged[] {
  const { id: subject, type } = token;
  if (type !== 'organization' && type !== 'personal' && type !== 'mcp') {
    return [{ kind: 'token-type-unknown', subject, level: 0, severity: 'medium' }];
  }
  if (!token.enabled) return [];
  const reached = staleAfterDays[type].filter((days) => days <= ageOf(token, now));
  const level = reached.at(-1);
  if (level === undefined) return [];
  const severity = severityOfAge[Math.min(reached.length, severityOfAge.length) - 1] ?? '?';
  return [{ kind: 'token-stale', subject, level, severity }];
}

function ageOf(token: Token, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(token.createdAt)) / msPerDay));
}
