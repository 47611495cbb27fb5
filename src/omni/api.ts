import type { ResponseTimes } from '../rules/clock-check.ts';
import type { Credential } from '../rules/credential.ts';
import type { WalkEnding } from '../rules/listing-completeness.ts';
import type { Owner, UserList } from '../rules/owner.ts';
import type { RoleAnswer } from '../rules/role.ts';
import type { Token } from '../rules/token.ts';

/**
 * Everything that this program asks Omni. Each request is a GET, is delayed to stay under the rate limit, and
 * is retried up to four times after a network error, a timeout, 408, 429 or a server error.
 *
 * Every method throws the signal's reason when it is aborted, and otherwise
 * - `CredentialRefusedError` when Omni itself answers 400, 401 or 403,
 * - `NotFoundError` when Omni itself answers 404 and the method has no result for that,
 * - `OmniError` for anything else that is not a response in the expected format: another status, a redirect,
 *   a web page, a body above 16 MiB, no response at all.
 *
 * The steps of the audit decide what a response proves.
 */
export interface OmniApi {
  /** Requests sent so far, retries included. */
  readonly requestCount: number;

  /** Why a request had to be repeated most recently; null if none had to be. */
  readonly lastProblem: string | null;

  /** Returns the first page of tokens, with the same request as the start of a walk. */
  firstTokenPage(signal: AbortSignal): Promise<TokenPage>;

  /**
   * Walks once over all tokens, oldest first, 100 per page, and passes the pages to `onPage` in order. The
   * next page is requested before `onPage` is called. Returns how the walk ended, even when it ended early.
   * An error that `onPage` throws ends the walk.
   */
  walkTokens(onPage: (page: TokenPage) => void, signal: AbortSignal): Promise<WalkEnding>;

  /** Returns whether Omni has a token with this id; false only for Omni's own 404. */
  tokenExists(id: string, signal: AbortSignal): Promise<boolean>;

  /** Returns the scope and role of our own credential; null when this instance has no whoami or uses another format. */
  whoami(signal: AbortSignal): Promise<Credential | null>;

  /**
   * Returns up to 100 users of a list, by creation time. Needs an organization API key.
   *
   * @param startIndex counted from 1
   */
  userPage(list: UserList, startIndex: number, signal: AbortSignal): Promise<UserPage>;

  /**
   * Returns the user with this membership id; null for Omni's own 404. If Omni refuses the id, the error has
   * status 400. Call `userPage` for the list first, because it finds out how this instance spells the path.
   */
  user(list: UserList, membershipId: string, signal: AbortSignal): Promise<User | null>;

  /** Returns what the account with this membership id may do on connections and models; null for Omni's own 404. */
  roleOf(membershipId: string, signal: AbortSignal): Promise<RoleAnswer | null>;
}

export interface TokenPage {
  tokens: readonly Token[];
  /** True if Omni says that no further page follows. */
  isLast: boolean;
  /** How many tokens Omni counted when it made this page. */
  totalRecords: number;
  /** The names of fields that this program does not know, cut at 100 characters. */
  unknownFields: ReadonlySet<string>;
  times: ResponseTimes;
}

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
