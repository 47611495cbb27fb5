export type RunMail = 'baseline' | 'digest';

/**
 * Whether a complete run mails something, and what. The first audit always does: it proves that
 * the worker sees the organisation and that its mail arrives. After it, only news is mailed.
 */
export function mailForRun(run: { isBaseline: boolean; toldCount: number }): RunMail | null {
  if (run.isBaseline) return 'baseline';
  return run.toldCount > 0 ? 'digest' : null;
}
