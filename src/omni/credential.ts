import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { Credential } from '../rules/credential.ts';
import type { OmniClient } from './client.ts';
import { unexpectedShape } from './omni-error.ts';
import { describeProblem, tokenPage } from './schema.ts';

const whoami = z.object({
  keyScope: z.string().min(1).max(100),
  orgRole: z.string().min(1).max(100),
});

export interface CredentialFacts {
  /** null: this instance is too old to say. */
  credential: Credential | null;
  /** How many tokens Omni counts. */
  totalRecords: number;
}

/**
 * What the credential may do: it must be able to list tokens; whoami says the rest where it exists.
 *
 * @throws OmniError when tokens cannot be listed.
 */
export async function probeCredential(client: OmniClient, signal: AbortSignal): Promise<CredentialFacts> {
  const context = { action: 'listing tokens', page: 1 };
  const body = await client.getJson('api/v1/api-keys', { pageSize: 1 }, context, signal);
  const page = tokenPage.safeParse(body);
  if (!page.success) throw unexpectedShape(describeProblem(page.error), context);
  return { credential: await askWhoami(client, signal), totalRecords: page.data.pageInfo.totalRecords };
}

/**
 * What the credential is; null where the instance is too old to say, or says it in another way.
 *
 * @throws OmniError; the signal's reason when it is aborted.
 */
export async function askWhoami(client: OmniClient, signal: AbortSignal): Promise<Credential | null> {
  try {
    const body = await client.getJson('api/v1/whoami', {}, { action: 'asking whoami' }, signal);
    return whoami.safeParse(body).data ?? null;
  } catch (error) {
    if (error instanceof OmniError && error.status === 404) return null;
    throw error;
  }
}
