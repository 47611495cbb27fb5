/** What whoami says of the auditor's own credential. */
export interface Credential {
  /** `organization` or `user`. */
  keyScope: string;
  orgRole: string;
}
