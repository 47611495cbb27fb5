import type { Severity } from '../../rules/severity.ts';
import { visible } from '../../text/visible.ts';

/** Where a mail comes from and goes on to. */
export interface MailContext {
  organizationName: string;
  /** Without a trailing slash. */
  baseUrl: string;
  /** What does not fit into a mail is in a file that goes with it. */
  hasAttachments: boolean;
  /** In which all times of mails are shown, an IANA name. JSON and CSV stay in UTC. */
  timeZone: string;
}

/** What a mail says, whatever its format. All text in it is safe to show on one line. */
export interface MailContent {
  subject: string;
  heading: string;
  /** The one line for a reader in a hurry; may be empty. */
  lead: string;
  /** What must not be overlooked: what is missing from the audit, what is hard to believe. */
  alerts: string[];
  paragraphs: string[];
  sections: MailSection[];
  /** What else a reader must know about the audit itself. */
  notes: string[];
  /** Who speaks. */
  footer: string;
  /** The command line that shows all of it; null where there is none. */
  moreCommand: string | null;
  /** It reports something critical. */
  isCritical: boolean;
}

export interface MailSection {
  /** null where the rows are no findings. */
  severity: Severity | null;
  title: string;
  /** Why a reader should care, then where and how to act; may be empty. */
  intro: string;
  /** Exact, however many rows there are; null where the rows are not things to count. */
  count: number | null;
  rows: MailRow[];
  /** The command line that lists what is left out. */
  moreCommand: string;
  /** The file that goes with the mail and has it too; null: none does. */
  moreFile: string | null;
}

export interface MailRow {
  title: string;
  /** Never wrapped, so that a crafted name cannot fake a new line. */
  facts: string[];
  /** Longer text, which may be wrapped. */
  prose: string[];
  /** Ids and the like, set smaller where that can be. */
  smallPrint: string[];
  /** A shell line for what the app cannot do; null where the app can. */
  command: string | null;
  /** Further things that belong together with the title: the tokens of an owner. */
  items: MailRow[];
}

/** What a section has that is not about findings and asks for nothing. */
export const plainSection = { severity: null, intro: '', moreFile: null } as const;

/** What a row has that has no more than a title. */
export const plainRow: MailRow = { title: '', facts: [], prose: [], smallPrint: [], command: null, items: [] };

/** `HIGH: New token (12)`, in two parts, since the first has a colour of its own. */
export function sectionHeading({ severity, title, count }: MailSection): { label: string; text: string } {
  return {
    label: severity === null ? '' : `${severity.toUpperCase()}: `,
    text: count === null ? title : `${title} (${count})`,
  };
}

/** What all mails share; each fills in what it has to say. */
export function mailFrame(context: MailContext, runId: number | null): Omit<MailContent, 'subject' | 'lead'> {
  const audit = runId === null ? '' : `, audit ${runId}`;
  const times = context.timeZone === 'UTC' ? '' : ` (times in ${context.timeZone})`;
  return {
    heading: `Omni API tokens of ${visible(context.organizationName, 60)}`,
    alerts: [],
    paragraphs: [],
    sections: [],
    notes: [],
    footer: `omni-token-audit${audit} of ${context.baseUrl}${times}`,
    moreCommand: null,
    isCritical: false,
  };
}
