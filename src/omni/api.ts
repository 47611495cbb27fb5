import type { Credential } from '../rules/credential.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import type { Owner } from '../rules/owner.ts';
import type { Token } from '../rules/token.ts';

/**
 * Everything we ask of Omni. Each request is a GET, waits for its place under the rate limit, and is
 * retried up to four times after a network error, a timeout, 408, 429 or a server error.
 *
 * Every method throws the signal's reason when it is aborted, and otherwise
 * - `CredentialRefusedError` when Omni itself answers 400, 401 or 403,
 * - `NotFoundError` when Omni itself answers 404 and the method has no result that says so,
 * - `OmniError` for anything else that is not an answer in Omni's format: another status, a redirect,
 *   a web page, a body above 16 MB, no answer at all.
 *
 * What an answer proves is not decided here but in the steps of the audit.
 */
export interface OmniApi {
  /** Requests sent so far, retries included. */
  readonly requestCount: number;

  /** The first page of the walk, asked for in the same way. */
  firstTokenPage(signal: AbortSignal): Promise<TokenPage>;

  /**
   * Walks once over all tokens, oldest first, 100 a page, and passes the pages to `onPage` in order.
   * The next page is requested before `onPage` is called. Returns how the walk ended; one that ended
   * early is no error. What `onPage` throws ends the walk.
   */
  walkTokens(onPage: (page: TokenPage) => void, signal: AbortSignal): Promise<WalkEnding>;

  /** Whether Omni has a token with this id; false only for Omni's own 404. */
  tokenExists(id: string, signal: AbortSignal): Promise<boolean>;

  /** What our own credential is; null when this instance has no whoami, or answers it in another format. */
  whoami(signal: AbortSignal): Promise<Credential | null>;

  /**
   * Up to 100 users of a list, by creation time. Needs an organization API key.
   *
   * @param startIndex counted from 1
   */
  userPage(list: UserList, startIndex: number, signal: AbortSignal): Promise<UserPage>;

  /**
   * The user with this membership id; null for Omni's own 404. An id that Omni refuses throws with
   * status 400. Call `userPage` for the list first: it finds out how this instance spells the path.
   */
  user(list: UserList, membershipId: string, signal: AbortSignal): Promise<User | null>;
}

export interface TokenPage {
  tokens: readonly Token[];
  /** How many tokens Omni counted when it made this page. */
  totalRecords: number;
  /** Fields of these records that this program does not know; names are cut at 100 characters. */
  unknownFields: ReadonlySet<string>;
}

/** Embed users are in a list of their own. */
export type UserList = 'regular' | 'embed';

export interface UserPage {
  users: readonly User[];
  /** How many users Omni counted in this list when it made this page. */
  totalResults: number;
}

export interface User {
  membershipId: string;
  /** null: the record does not say whether the account is active. */
  owner: Owner | null;
}
