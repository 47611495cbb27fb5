import { OmniError } from '../errors.ts';

/** An endpoint that answers for one id. */
export interface IdRoute<T> {
  /** What Omni has under this id; null for its own 404. Throws an OmniError with status 400 where Omni refuses the id. */
  ask(id: string, signal: AbortSignal): Promise<T | null>;
  /** Positive controls: ids that this run saw in a list. */
  controls: readonly string[];
}

export type IdAnswer<T> =
  | { kind: 'found'; value: T }
  /** 404, and controls were found before and afterwards. */
  | { kind: 'absent' }
  /** 404 without a control, a refused id, or a request that failed. */
  | { kind: 'unknown' };

const questionsPerControl = 50;
/** So many 404s in a row, for ids that were just listed, mean that the route finds nothing. */
const maxFailedControls = 3;

/** One id may be the fault of one record. More failures in a row are the fault of the route. */
const maxFailuresInARow = 2;

/**
 * Asks for each of these ids. A 404 proves something only where the same route finds what is known to
 * exist: a control is asked for before and after every 50 questions.
 *
 * @throws OmniError when two requests in a row fail, after the answers before them were passed on; the signal's
 *   reason.
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

/** Whether the route finds one of the controls; drops those that it does not find, since one may just have been deleted. */
async function findsControl(route: IdRoute<unknown>, controls: string[], signal: AbortSignal): Promise<boolean> {
  for (let failed = 0; failed < maxFailedControls; failed += 1) {
    const [id] = controls;
    if (id === undefined) return false;
    if ((await askOnce(route, id, signal)).kind === 'found') return true;
    controls.shift();
  }
  return false;
}
