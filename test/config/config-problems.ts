import { ConfigError } from '../../src/errors.ts';

/** What is wrong with the configuration that is loaded; nothing where it is taken. */
export function problemsOfLoading(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
