import { visible } from '../text/visible.ts';
import { plural } from '../text/words.ts';
import type { Digest } from './digest.ts';

/** The subject line; the worst severity stands in it when it is critical or high. */
export function renderSubject(digest: Digest): string {
  const prefix = `[Omni tokens] ${visible(digest.organizationName, 60)}`;
  if (digest.isBaseline) {
    return `${prefix}: baseline of ${plural(digest.tokenCount, 'token')}, ${attention(digest.subjectsStanding)}`;
  }
  const isGrave = digest.worst === 'critical' || digest.worst === 'high';
  return `${prefix}${isGrave ? ` (${digest.worst})` : ''}: ${digest.tally || 'nothing new'}`;
}

function attention(count: number): string {
  if (count === 0) return 'none needs attention';
  return count === 1 ? '1 needs attention' : `${count} need attention`;
}
