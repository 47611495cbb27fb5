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
  /** A function is asked at every request. */
  users?: SimulatedUser[] | (() => SimulatedUser[]);
}

/** An organisation that gives an administrator's key to whoever has `apiToken`, unless told otherwise. */
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

/** Copies of tokens, for the organisation to change. */
export function simulated(tokens: readonly Token[]): SimulatedToken[] {
  return tokens.map((token) => ({ ...token }));
}
