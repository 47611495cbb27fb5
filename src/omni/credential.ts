import { z } from 'zod';
import { OmniError } from '../errors.ts';
import type { OmniClient } from './client.ts';
import { unexpectedShape } from './omni-error.ts';
import { describeProblem, tokenPage } from './schema.ts';

const whoami = z.object({
  keyScope: z.string(),
  orgRole: z.string(),
});

export interface CredentialFacts {
  /** `organization` or `user`; null: this instance is too old to say. */
  keyScope: string | null;
  orgRole: string | null;
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
  return { ...(await askWhoami(client, signal)), totalRecords: page.data.pageInfo.totalRecords };
}

async function askWhoami(
  client: OmniClient,
  signal: AbortSignal,
): Promise<Pick<CredentialFacts, 'keyScope' | 'orgRole'>> {
  try {
    const body = await client.getJson('api/v1/whoami', {}, { action: 'asking whoami' }, signal);
    const parsed = whoami.safeParse(body);
    return parsed.success ? parsed.data : { keyScope: null, orgRole: null };
  } catch (error) {
    if (error instanceof OmniError && error.status === 404) return { keyScope: null, orgRole: null };
    throw error;
  }
}
