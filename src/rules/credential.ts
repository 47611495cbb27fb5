/** The auditor's own credential, as whoami describes it. */
export interface Credential {
  /** `organization` or `user`. */
  keyScope: string;
  orgRole: string;
}
