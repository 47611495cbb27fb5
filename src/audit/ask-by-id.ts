import { OmniError } from '../errors.ts';

/** An endpoint that answers for one id. */
export interface IdRoute<T> {
  /** Returns what Omni has under this id; null for Omni's own 404. Throws an OmniError with status 400 if Omni refuses the id. */
  ask(id: string, signal: AbortSignal): Promise<T | null>;
  /** Positive controls: ids that this run saw in a list. */
  controls: readonly string[];
}

export type IdAnswer<T> =
  | { kind: 'found'; value: T }
  /** Omni answered 404, and the route found a control before and afterwards. */
  | { kind: 'absent' }
  /** Omni answered 404 but no control was found, Omni refused the id, or the request failed. */
  | { kind: 'unknown' };

const questionsPerControl = 50;
/** If this many ids in a row that were just listed are not found, the route finds nothing. */
const maxFailedControls = 3;

/** One id may be the fault of one record. More failures in a row are the fault of the route. */
const maxFailuresInARow = 2;

/**
 * Looks up each of these ids. A 404 proves something only if the same route finds ids that are known to exist, so
 * it looks up a control at the start and after every batch of 50 in which there was a 404.
 *
 * @throws OmniError when two requests in a row fail; the signal's reason. Answers that were yielded before remain
 *   valid.
 */
export async function* askByIds<T>(
  route: IdRoute<T>,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ id: string; answer: IdAnswer<T> }> {
  const controls = [...route.controls];
  let failures = 0;
  let hadControl = ids.length > 0 && (await findsControl(route, controls, signal));
  for (let start = 0; start < ids.length; start += questionsPerControl) {
    const absent: string[] = [];
    for (const id of ids.slice(start, start + questionsPerControl)) {
      const answer = await askOnce(route, id, signal);
      if (answer.kind === 'absent') absent.push(id);
      else yield { id, answer: answer.kind === 'found' ? answer : { kind: 'unknown' } };
      failures = answer.kind === 'failed' ? failures + 1 : 0;
      if (answer.kind === 'failed' && failures === maxFailuresInARow) throw answer.error;
    }
    const hasControl: boolean = hadControl && (absent.length === 0 || (await findsControl(route, controls, signal)));
    for (const id of absent) yield { id, answer: { kind: hasControl ? 'absent' : 'unknown' } };
    hadControl = hasControl;
  }
}

type SingleAnswer<T> = IdAnswer<T> | { kind: 'failed'; error: OmniError };

async function askOnce<T>(route: IdRoute<T>, id: string, signal: AbortSignal): Promise<SingleAnswer<T>> {
  try {
    const value = await route.ask(id, signal);
    return value === null ? { kind: 'absent' } : { kind: 'found', value };
  } catch (error) {
    if (!(error instanceof OmniError)) throw error;
    return error.status === 400 ? { kind: 'unknown' } : { kind: 'failed', error };
  }
}

/** Returns whether the route finds one of the controls. Drops those that it does not find, because they may be deleted. */
async function findsControl(route: IdRoute<unknown>, controls: string[], signal: AbortSignal): Promise<boolean> {
  for (let failed = 0; failed < maxFailedControls; failed += 1) {
    const [id] = controls;
    if (id === undefined) return false;
    if ((await askOnce(route, id, signal)).kind === 'found') return true;
    controls.shift();
  }
  return false;
}
