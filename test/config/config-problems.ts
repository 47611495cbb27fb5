import { ConfigError } from '../../src/errors.ts';

/** Returns the problems of the configuration that `load` loads; none when it is valid. */
export function problemsOfLoading(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
