import {
  type OmniSimulator,
  type OmniSimulatorOptions,
  type SimulatedCredential,
  type SimulatedToken,
  type SimulatedUser,
  startOmniSimulator,
} from '../../src/demo/omni-simulator.ts';
import type { Token } from '../../src/rules/token.ts';
import { apiToken } from './omni-api.ts';

export const administrator: SimulatedCredential = { keyScope: 'organization', orgRole: 'ORG_ADMIN' };

interface SomeOmniOptions extends Partial<Omit<OmniSimulatorOptions, 'organisation'>> {
  tokens?: SimulatedToken[];
  /** A function is called at every request. */
  users?: SimulatedUser[] | (() => SimulatedUser[]);
}

/** Starts a simulator in which `apiToken` is an administrator's key, unless the options say otherwise. */
export function startSomeOmni({ tokens = [], users = [], ...options }: SomeOmniOptions): Promise<OmniSimulator> {
  return startOmniSimulator({
    organisation: {
      tokens,
      get users() {
        return typeof users === 'function' ? users() : users;
      },
    },
    credentials: { [apiToken]: administrator },
    ...options,
  });
}

/** Copies tokens, so that the test can change those of the organisation. */
export function simulated(tokens: readonly Token[]): SimulatedToken[] {
  return tokens.map((token) => ({ ...token }));
}
