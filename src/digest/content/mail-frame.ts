import { visible } from '../../text/visible.ts';
import type { MailContent, MailContext } from './mail-content.ts';

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
