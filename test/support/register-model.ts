import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { msPerDay } from '../../src/time/duration.ts';

/** A person, as an account and a register can name it. */
export type Person = 'Jane' | 'Bob' | 'Carol';

/** What a row of a register says, and whom its author means. */
export interface Row {
  responsible: string;
  decision: 'keep' | 'revoke' | null;
  decidedOn: string | null;
  decidedBy: { text: string; person?: Person; membershipId?: string };
  /** When the last day of the review ends. */
  reviewEnds: Date | null;
}

export type RegisterFile = 'not configured' | 'broken' | ReadonlyMap<string, Row>;

export interface Interval {
  kind: string;
  subject: string;
  opened: number;
  resolved: number | null;
  level: number;
  severity: string;
}

/** What a run saw. */
export interface Seen {
  run: number;
  at: Date;
  file: RegisterFile;
  tokens: readonly SimulatedToken[];
  /** The accounts that Omni showed; null if it did not show any. */
  accounts: ReadonlyMap<string, Person> | null;
}

interface Said {
  row: Row;
  /** The run that first saw the decision to revoke; null without such a decision. */
  revokedAt: Date | null;
  hasVanished: boolean;
}

type Found = Pick<Interval, 'kind' | 'level' | 'severity'>;

/**
 * What an auditor with a notebook would find in a register: a naive model that goes through all tokens in each run. It
 * shares no code with the product.
 */
export class RegisterModel {
  readonly intervals: Interval[] = [];
  /** `RUN ID` of each token that the register approved, and of each that it wanted to be revoked. */
  readonly approved = new Set<string>();
  readonly revoked = new Set<string>();
  /** null: no register counts. */
  #said: Map<string, Said> | null = null;
  #listed: ReadonlySet<string> = new Set();
  /** The last known name of each account that ever owned a token. */
  readonly #names = new Map<string, Person>();

  see({ run, at, file, tokens, accounts }: Seen): void {
    for (const { membershipId } of tokens) {
      const name = accounts?.get(membershipId ?? '');
      if (membershipId !== null && name !== undefined) this.#names.set(membershipId, name);
    }
    this.#read(file, at);
    const listedBefore = this.#listed;
    this.#listed = new Set(tokens.map(({ id }) => id));
    for (const token of tokens) {
      this.#note(run, token.id, this.#judge(token, at));
      if (this.#isApproved(token)) this.approved.add(`${run} ${token.id}`);
    }
    for (const id of listedBefore) if (!this.#listed.has(id)) this.#note(run, id, []);
    for (const [id, { revokedAt, hasVanished }] of this.#said ?? []) {
      if (revokedAt !== null) this.revoked.add(`${run} ${id}`);
      // The token is gone, so what the row wanted has happened.
      if (hasVanished && !this.#listed.has(id)) this.#said?.delete(id);
    }
  }

  /** Returns the instants after `now` at which something gets worse, earliest first. */
  thresholds(now: Date): number[] {
    const instants = [...(this.#said?.values() ?? [])].flatMap(({ row, revokedAt }) => [
      revokedAt === null ? 0 : revokedAt.getTime() + 7 * msPerDay,
      row.reviewEnds === null ? 0 : row.reviewEnds.getTime(),
      row.reviewEnds === null ? 0 : row.reviewEnds.getTime() + 30 * msPerDay,
    ]);
    return instants.filter((instant) => instant > now.getTime()).sort((a, b) => a - b);
  }

  #read(file: RegisterFile, at: Date): void {
    if (file === 'broken') return;
    if (file === 'not configured') {
      this.#said = null;
      return;
    }
    const next = new Map<string, Said>();
    for (const [id, row] of file) {
      const revokedAt = row.decision === 'revoke' ? (this.#said?.get(id)?.revokedAt ?? at) : null;
      next.set(id, { row, revokedAt, hasVanished: false });
    }
    for (const [id, said] of this.#said ?? []) {
      const row = next.get(id)?.row;
      const isBackWithoutDecision = said.hasVanished && row?.decision === null;
      if ((row !== undefined && !isBackWithoutDecision) || said.revokedAt === null || !this.#listed.has(id)) continue;
      next.set(id, { ...said, hasVanished: true });
    }
    this.#said = next;
  }

  #isApproved({ id, membershipId }: SimulatedToken): boolean {
    const row = this.#said?.get(id)?.row;
    if (row?.decision !== 'keep') return false;
    const { responsible, decidedOn, decidedBy } = row;
    if (responsible === '' || decidedOn === null || decidedBy.text === '') return false;
    if (membershipId === null) return true;
    const owner = this.#names.get(membershipId);
    return owner !== undefined && decidedBy.person !== owner && decidedBy.membershipId !== membershipId;
  }

  #judge(token: SimulatedToken, at: Date): Found[] {
    if (this.#said === null) return [];
    const daysSince = (instant: Date): number => (at.getTime() - instant.getTime()) / msPerDay;
    const { revokedAt = null, row } = this.#said.get(token.id) ?? {};
    if (revokedAt !== null) {
      const isLate = daysSince(revokedAt) >= 7;
      return [{ kind: 'revocation-pending', level: isLate ? 7 : 0, severity: isLate ? 'high' : 'medium' }];
    }
    const found: Found[] = [];
    if (!this.#isApproved(token)) {
      const severity = token.type === 'organization' ? 'medium' : 'low';
      found.push({ kind: 'token-unregistered', level: 0, severity });
    }
    const overdue = row?.reviewEnds ? daysSince(row.reviewEnds) : -1;
    if (overdue >= 30) found.push({ kind: 'review-overdue', level: 30, severity: 'medium' });
    else if (overdue >= 0) found.push({ kind: 'review-overdue', level: 0, severity: 'low' });
    return found;
  }

  #note(run: number, subject: string, found: readonly Found[]): void {
    const open = this.intervals.filter((interval) => interval.subject === subject && interval.resolved === null);
    for (const interval of open) {
      const still = found.find(({ kind }) => kind === interval.kind);
      if (still === undefined) interval.resolved = run;
      else Object.assign(interval, still);
    }
    for (const each of found) {
      if (!open.some(({ kind }) => kind === each.kind)) {
        this.intervals.push({ ...each, subject, opened: run, resolved: null });
      }
    }
  }
}
