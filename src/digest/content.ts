import type { Severity } from '../domain/severity.ts';

/** Where a mail comes from and goes on to. */
export interface MailContext {
  organizationName: string;
  /** Without a trailing slash. */
  baseUrl: string;
}

/** What a mail says, before how it looks. All text in it is safe to show on one line. */
export interface MailContent {
  subject: string;
  heading: string;
  /** The one line for a reader in a hurry; may be empty. */
  lead: string;
  paragraphs: string[];
  sections: MailSection[];
  /** What a reader must know about the audit itself. */
  notes: string[];
  /** Who speaks. */
  footer: string;
  /** The command line that shows all of it; null where there is none. */
  moreCommand: string | null;
}

export interface MailSection {
  /** null where the rows are no findings. */
  severity: Severity | null;
  title: string;
  /** Why a reader should care. */
  why: string;
  /** Where and how to act; empty when there is nothing to do. */
  act: string;
  /** Exact, however many rows there are. */
  count: number;
  rows: MailRow[];
  /** The command line that lists what is left out. */
  moreCommand: string;
}

export interface MailRow {
  title: string;
  /** Below the title; none of them empty. */
  lines: string[];
  /** Ids and the like, set smaller where that can be. */
  smallPrint: string[];
  /** A shell line for what the app cannot do; null where the app can. */
  command: string | null;
}
