import type { Severity } from './severity.ts';

/** What each kind of finding has in common. */
export interface CatalogueEntry {
  /** Heading of its group in a digest. */
  title: string;
  /** Why a reader should care, in one sentence or two. */
  why: string;
  /** Its word in the subject line: `3 stale`. Kinds that share a word are counted together. */
  subjectWord: string;
  /** The subject line counts the tokens that it concerns, and not the findings. */
  countsTokens?: true;
  /** It is told for another reason than that a token should go: no command that deletes one stands beside it. */
  nothingToDelete?: true;
  /** The controls that auditors cite beside it; null: none. It is no claim of compliance, and no mail prints it. */
  relatesTo: string | null;
}

/** Something that happened between two snapshots. */
export interface EventEntry extends CatalogueEntry {
  nature: 'event';
  severity: (tokenType: string | null) => Severity;
  /** As which change of a token an audit counts it; none: it is no change of one. */
  change?: ChangeName;
}

/** As the outcome of an audit names the changes of tokens. */
export type ChangeName = 'created' | 'removed' | 'disabled' | 'enabled' | 'renamed' | 'other';

/**
 * Something that stands until it is resolved. Its severity may rise with its level: one entry a
 * level, the last one standing for all above.
 */
export interface ConditionEntry extends CatalogueEntry {
  nature: 'condition';
  severities: readonly [Severity, ...Severity[]];
}
