import assert from 'node:assert/strict';
import { Session } from 'node:inspector';

/** Counts what code does, which is the same on every machine, unlike the time that it takes. */
export interface StepCounter extends Disposable {
  /** Returns how many functions, branches and iterations ran in these scripts since the last call. */
  steps(): number;
}

/**
 * Starts to count. A function that ran before counts as one step whatever it does, so start before the code under test runs.
 *
 * @param scripts matches the addresses of the scripts
 * @param names matches the names of the functions; by default, all count
 */
export function countSteps(scripts: RegExp, names = /(?:)/): StepCounter {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    steps() {
      let count = 0;
      // The callback is called at once, because the session is in this thread.
      session.post('Profiler.takePreciseCoverage', (error, { result }) => {
        assert.equal(error, null);
        const functions = result.filter(({ url }) => scripts.test(url)).flatMap((script) => script.functions);
        const ranges = functions.filter(({ functionName }) => names.test(functionName)).flatMap(({ ranges }) => ranges);
        count = ranges.reduce((sum, range) => sum + range.count, 0);
      });
      return count;
    },
    [Symbol.dispose]: () => session.disconnect(),
  };
}
