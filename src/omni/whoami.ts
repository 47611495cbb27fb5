import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { Credential } from '../rules/credential.ts';
import { freshJson, type OmniHttp } from './http.ts';

const credential = z.object({
  keyScope: z.string().min(1).max(100),
  orgRole: z.string().min(1).max(100),
});

export async function whoami(http: OmniHttp, signal: AbortSignal): Promise<Credential | null> {
  const action = 'requesting whoami';
  const response = await http.get('api/v1/whoami', action, signal).catch((error: unknown) => {
    // Older instances have no whoami.
    if (!(error instanceof OmniError && error.status === 404)) throw error;
  });
  return response === undefined ? null : (credential.safeParse(freshJson(response, action)).data ?? null);
}
