import { readFileSync } from 'node:fs';
import { errorCode } from '../errors.ts';
import { Secret } from '../secret.ts';
import { InvalidValue, oneLine } from './parsers.ts';
import { type VariableName, variable } from './variables.ts';

/**
 * Reads variables and collects every problem instead of stopping at the first. A read that fails
 * answers undefined; whoever made the reader must look at `problems` before using any answer.
 * An empty value counts as not set, since compose files and manifests pass those on.
 */
export class Environment {
  readonly problems: string[] = [];
  readonly #values: NodeJS.ProcessEnv;

  constructor(values: NodeJS.ProcessEnv) {
    this.#values = values;
  }

  isSet(name: VariableName): boolean {
    return this.#raw(name) !== undefined;
  }

  /** The parsed value or the parsed default; undefined where there is neither. */
  optional<T>(name: VariableName, parse: (value: string) => T): T | undefined {
    const value = this.#raw(name) ?? variable(name).default;
    if (value === undefined) return undefined;
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      return this.problem(`${name} ${JSON.stringify(withoutPassword(value))}: ${error.message}`);
    }
  }

  /** Like `optional`, but a value that is not set is a problem. */
  required<T>(name: VariableName, parse: (value: string) => T): T | undefined {
    if (this.isSet(name) || variable(name).default !== undefined) return this.optional(name, parse);
    return this.problem(`${name} is not set: give ${variable(name).description}`);
  }

  /**
   * A secret from `NAME` or from the file that `NAME_FILE` names; one trailing newline is cut.
   * `check` throws InvalidValue, whose message must not repeat the value.
   */
  secret(name: VariableName, check: (value: string) => unknown = oneLine): Secret | undefined {
    const fileVariable = `${name}_FILE`;
    const direct = this.#raw(name);
    const path = this.#raw(fileVariable);
    if (direct !== undefined && path !== undefined) {
      return this.problem(`${name} and ${fileVariable} are both set: keep one of them`);
    }
    if (path === undefined) return direct === undefined ? undefined : this.#checked(name, direct, check);
    try {
      return this.#checked(fileVariable, readFileSync(path, 'utf8').replace(/\r?\n$/, ''), check);
    } catch (error) {
      const code = errorCode(error);
      return this.problem(`${fileVariable} ${JSON.stringify(path)}: the file cannot be read (${code})`);
    }
  }

  requiredSecret(name: VariableName, check: (value: string) => unknown = oneLine): Secret | undefined {
    if (this.isSecretSet(name)) return this.secret(name, check);
    return this.problem(`${name} is not set: give ${variable(name).description}, or its file as ${name}_FILE`);
  }

  /** Whether it was given, in one way or the other, be it usable or not. */
  isSecretSet(name: VariableName): boolean {
    return this.isSet(name) || this.#raw(`${name}_FILE`) !== undefined;
  }

  problem(text: string): undefined {
    this.problems.push(text);
    return undefined;
  }

  #raw(name: string): string | undefined {
    const value = this.#values[name];
    return value === '' ? undefined : value;
  }

  // The value itself is never part of a message.
  #checked(source: string, value: string, check: (value: string) => unknown): Secret | undefined {
    if (value === '') return this.problem(`${source}: the secret is empty`);
    try {
      check(value);
      return new Secret(value);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      return this.problem(`${source}: ${error.message}`);
    }
  }
}

/** An address that was given with a log-in is shown without it. */
function withoutPassword(value: string): string {
  return value.replace(/\/\/.*@/, '//[secret]@');
}
