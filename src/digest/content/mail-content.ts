import type { Severity } from '../../rules/severity.ts';
import { visible } from '../../text/visible.ts';

/** Where a mail comes from and goes on to. */
export interface MailContext {
  organizationName: string;
  /** Without a trailing slash. */
  baseUrl: string;
  /** What does not fit into a mail is in a file that goes with it. */
  hasAttachments: boolean;
}

/** What a mail says, before how it looks. All text in it is safe to show on one line. */
export interface MailContent {
  subject: string;
  heading: string;
  /** The one line for a reader in a hurry; may be empty. */
  lead: string;
  /** What must not be overlooked: what is missing from the audit, what is hard to believe. */
  alerts: string[];
  paragraphs: string[];
  pictures: MailPicture[];
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

/** `card`: one by one, for what needs an act now; `table`: compact; `list`: a line each. */
export type SectionLayout = 'card' | 'table' | 'list';

export interface MailSection {
  layout: SectionLayout;
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
  /** The file that goes with the mail and has it too; null: none does. */
  moreFile: string | null;
}

export interface MailRow {
  title: string;
  /** What there is to say, each with its label: `Age`, `Owner`, `Change`. */
  facts: MailFact[];
  /** Further things that belong together with the title: the tokens of an owner. */
  items: MailItem[];
  /** Ids and the like, set smaller where that can be. */
  smallPrint: string[];
  /** A shell line for what the app cannot do; null where the app can. */
  command: string | null;
}

export interface MailFact {
  /** Empty where the value says it all. */
  label: string;
  value: string;
  /** For the narrow column of a table. */
  short?: string;
  /** May be wrapped. Names are never wrapped, so that a crafted name cannot fake a new line. */
  isProse?: true;
}

export interface MailItem {
  title: string;
  detail: string;
  smallPrint: string;
  command: string | null;
}

/** Numbers that the HTML part draws, without images, and the text part lists. */
export type MailPicture =
  /** How a whole divides into parts. */
  | { kind: 'parts'; title: string; parts: { label: string; count: number }[] }
  /** How counts went over time, oldest first. */
  | { kind: 'series'; title: string; columns: string[]; points: { label: string; counts: number[] }[] };

/** What a section has that is not about findings and asks for nothing. */
export const plainSection = { layout: 'card', severity: null, why: '', act: '', moreFile: null } as const;

/** What a row has that has no more than a title. */
export const plainRow: MailRow = { title: '', facts: [], items: [], smallPrint: [], command: null };

/** Why a section matters and what to do, as one paragraph. */
export function reasonAndAct({ why, act }: MailSection): string {
  return [why, act].filter((part) => part !== '').join(' ');
}

/** How every subject begins. */
export function subjectPrefix({ organizationName }: MailContext): string {
  return `[Omni tokens] ${visible(organizationName, 60)}`;
}

/** What all mails share; each fills in what it has to say. */
export function mailFrame(context: MailContext, runId: number | null): Omit<MailContent, 'subject' | 'lead'> {
  const audit = runId === null ? '' : `, audit ${runId}`;
  return {
    heading: `Omni API tokens of ${visible(context.organizationName, 60)}`,
    alerts: [],
    paragraphs: [],
    pictures: [],
    sections: [],
    notes: [],
    footer: `omni-token-audit${audit} of ${context.baseUrl}`,
    moreCommand: null,
    isCritical: false,
  };
}
