import type { AcknowledgementEnd } from '../rules/acknowledgement.ts';
import type { ConditionKind } from '../rules/catalogue.ts';
import type { Finding, FindingOwner, Subject, Suppression } from '../rules/finding.ts';
import type { Token } from '../rules/token.ts';

/** Something in the life of a token or of an account. `at`: when the audit that saw it began, UTC ISO-8601. */
export type HistoryItem = { at: string } & (
  | {
      what: 'first-seen';
      runId: number;
      token: Token;
      owner: FindingOwner | null;
      isBaseline: boolean;
      /** Something that was told since may be gone, being older than RETENTION_DAYS. */
      isPruned: boolean;
    }
  | {
      what: 'finding';
      finding: Finding;
      /** null: it was told. */
      suppressedBy: Suppression | 'acknowledged' | null;
      /** The mail that told it; null: none did, or it was pruned. */
      mail: { id: number; messageId: string } | null;
    }
  | ({ what: 'acknowledged' | 'acknowledgement-ended' } & AcknowledgementFacts)
);

export interface AcknowledgementFacts {
  /** Of the condition that was accepted. */
  kind: ConditionKind;
  conditionId: number;
  subject: Subject;
  tokenName: string | null;
  /** Who held the token then; null: nobody, or it is not about one. */
  membershipId: string | null;
  /** Whose digest told it; null: none yet. */
  runId: number | null;
  reason: string;
  by: string;
  until: string;
  /** null: it holds, or its last day is over and no audit has seen that yet. */
  endedBecause: AcknowledgementEnd['because'] | null;
  /** Of a void one: what changed. */
  voidBecause: string | null;
  endedBy: string | null;
}
