import type { RuleSettings } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';

export interface ModelOwner {
  state: 'active' | 'deactivated' | 'missing';
  userName: string;
  lastLogin: string | null;
}

/** All that one complete audit saw. */
export interface ModelAudit {
  runId: number;
  listed: Token[];
  /** By membership id; absent or null: not learned. */
  owners: ReadonlyMap<string, ModelOwner | null>;
  /** false: nothing could be learned of any owner. */
  ownersKnown: boolean;
  now: Date;
  rules: RuleSettings;
}

/** level null: it cannot be judged now. */
export interface ModelVerdict {
  kind: string;
  subject: string;
  level: number | null;
  severity: string | null;
}

const severityOfAge = ['low', 'medium', 'high'];
const ownerKinds = ['owner-deactivated', 'owner-missing', 'owner-idle'];

/** Every rule, told a second time, one token and one owner after the other. */
export function judgeEverything(seen: ModelAudit, disabledSince: ReadonlyMap<string, Date>): ModelVerdict[] {
  const { listed, rules, now, owners, ownersKnown } = seen;
  const ofTokens = listed.flatMap((token) => judgeToken(token, disabledSince.get(token.id), rules, now));
  if (!ownersKnown) return ofTokens;
  const ids = new Set(listed.map(({ membershipId }) => membershipId).filter((id) => id !== null));
  const ofOwners = [...ids].flatMap((id) => {
    const count = listed.filter(({ membershipId }) => membershipId === id).length;
    return judgeOwner(id, owners.get(id) ?? null, count, rules, now);
  });
  return [...ofTokens, ...ofOwners];
}

export function settingsOfKind(rules: RuleSettings, kind: string): unknown {
  if (kind === 'token-stale') return rules.staleAfterDays;
  if (kind === 'token-disabled-lingering') return rules.disabledAfterDays;
  return kind === 'owner-idle' ? rules.ownerIdleDays : null;
}

function judgeToken(token: Token, since: Date | undefined, rules: RuleSettings, now: Date): ModelVerdict[] {
  const { id: subject, type } = token;
  const verdicts: ModelVerdict[] = [];
  const add = (kind: string, level: number, severity: string): void => {
    verdicts.push({ kind, subject, level, severity });
  };
  if (since !== undefined && rules.disabledAfterDays > 0) {
    const isLong = daysSince(since.toISOString(), now) >= rules.disabledAfterDays;
    if (isLong) add('token-disabled-lingering', rules.disabledAfterDays, 'low');
  }
  if (type !== 'organization' && type !== 'personal' && type !== 'mcp') {
    add('token-type-unknown', 0, 'medium');
    return verdicts;
  }
  const reached = rules.staleAfterDays[type].filter((days) => days <= daysSince(token.createdAt, now));
  const level = reached.at(-1);
  if (token.enabled && level !== undefined) {
    add('token-stale', level, severityOfAge[Math.min(reached.length, severityOfAge.length) - 1] ?? '?');
  }
  return verdicts;
}

function judgeOwner(
  subject: string,
  owner: ModelOwner | null,
  tokenCount: number,
  rules: RuleSettings,
  now: Date,
): ModelVerdict[] {
  const undecided = (kind: string): ModelVerdict => ({ kind, subject, level: null, severity: null });
  if (owner === null) return ownerKinds.map(undecided);
  const verdicts: ModelVerdict[] = [];
  if (owner.state !== 'active')
    verdicts.push({ kind: `owner-${owner.state}`, subject, level: tokenCount, severity: 'critical' });
  if (owner.state === 'active' && rules.ownerIdleDays > 0) {
    if (owner.lastLogin === null) verdicts.push(undecided('owner-idle'));
    else if (daysSince(owner.lastLogin, now) >= rules.ownerIdleDays) {
      verdicts.push({ kind: 'owner-idle', subject, level: rules.ownerIdleDays, severity: 'low' });
    }
  }
  return verdicts;
}

export function daysSince(instant: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(instant)) / msPerDay));
}
