/** What an audit is at, in order; the listing may come again after the removals. */
export type AuditPhase = 'listing tokens' | 'confirming removals' | 'learning owners' | 'writing it down';

/** How far an audit is. */
export interface AuditProgress {
  phase: AuditPhase;
  /** Pages read so far, of all walks. */
  pageCount: number;
  /** Pages and tokens of this walk. */
  pagesOfWalk: number;
  tokensOfWalk: number;
  /** As Omni counts; null: it did not say yet. */
  totalRecords: number | null;
}

export type ProgressListener = (progress: AuditProgress) => void;

export function createProgress(): AuditProgress {
  return { phase: 'listing tokens', pageCount: 0, pagesOfWalk: 0, tokensOfWalk: 0, totalRecords: null };
}
