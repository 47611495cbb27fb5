import { type Finding, ownerFacts } from '../../rules/finding.ts';
import { createFindingGroups, type FindingGroup, rowsPerGroup } from '../../rules/finding-groups.ts';
import { capitalised, minuteOf } from '../../text/words.ts';
import { findingSection, resolvedSections } from './finding-section.ts';
import { type MailContent, type MailContext, mailFrame, subjectPrefix } from './mail-content.ts';
import { gravity, inReadingOrder, tally } from './tally.ts';

/** A complete run, as far as a difference names it. */
export interface ComparedRun {
  id: number;
  startedAt: string;
}

/** What changed between any two runs, as a digest would say it. */
export function diffContent(
  [from, to]: readonly [ComparedRun, ComparedRun],
  findings: Iterable<Finding>,
  context: MailContext,
): MailContent {
  const groups = groupsOf(findings);
  const moreCommand = `omni-token-audit diff ${from.id} ${to.id} --format csv`;
  const changes = tally(groups) || 'nothing changed';
  return {
    ...mailFrame(context, to.id),
    subject: `${subjectPrefix(context)}${gravity(groups)}: ${changes}`,
    lead: `${capitalised(changes)}.`,
    paragraphs: [
      `What differs between audit ${from.id} of ${minuteOf(from.startedAt)} and audit ${to.id} of ${minuteOf(to.startedAt)}. What came and went in between is not in it.`,
    ],
    sections: [
      ...inReadingOrder(groups).map((group) => findingSection(group, new Date(to.startedAt), context, moreCommand)),
      ...resolvedSections(groups, moreCommand),
    ],
    moreCommand,
  };
}

/** As many of each as a mail shows; counts are exact. */
function groupsOf(findings: Iterable<Finding>): FindingGroup[] {
  const groups = createFindingGroups();
  for (const finding of findings) {
    const group = groups.of(finding);
    group.count += 1;
    group.tokenCount += ownerFacts(finding)?.tokenCount ?? 1;
    if (group.findings.length < rowsPerGroup) group.findings.push(finding);
  }
  return groups.all();
}
