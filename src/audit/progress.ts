/** What an audit is doing, in order. It may list again after confirming removals. */
export type AuditPhase =
  | 'listing tokens'
  | 'confirming removals'
  | 'resolving owners'
  | 'asking for roles'
  | 'recording';

/** How far an audit has come. */
export interface AuditProgress {
  phase: AuditPhase;
  /** Pages read so far, of all walks. */
  pageCount: number;
  /** Pages and tokens of the current walk. */
  pagesOfWalk: number;
  tokensOfWalk: number;
  /** The number of tokens according to Omni; null before the first page. */
  totalRecords: number | null;
}

/** Called at every step of an audit. */
export type ProgressListener = (progress: Readonly<AuditProgress>) => void;

/** Keeps an audit's progress and reports each step to the listener. */
export interface ProgressTracker {
  readonly pageCount: number;
  update(step: Partial<AuditProgress>): void;
}

export function trackProgress(listen: ProgressListener = () => {}): ProgressTracker {
  const progress: AuditProgress = {
    phase: 'listing tokens',
    pageCount: 0,
    pagesOfWalk: 0,
    tokensOfWalk: 0,
    totalRecords: null,
  };
  return {
    get pageCount() {
      return progress.pageCount;
    },
    update: (step) => listen(Object.assign(progress, step)),
  };
}
