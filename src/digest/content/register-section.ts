import type { RegisterChange, RegisterReport, RunTotals } from '../../history/report.ts';
import type { RegisterEntry } from '../../rules/register.ts';
import { quoted, visible, visibleWithoutLinks } from '../../text/visible.ts';
import { plural } from '../../text/words.ts';
import { entryText } from '../register-wording.ts';
import { type MailRow, type MailSection, plainRow, plainSection } from './mail-content.ts';

/** How the register changed since the last mail; no section if it did not. */
export function registerSections({ changes }: RegisterReport): MailSection[] {
  if (changes.count === 0) return [];
  return [
    {
      ...plainSection,
      title: 'Changes in the register',
      intro: 'Rows of TOKEN_REGISTER_FILE that changed since the last mail.',
      count: changes.count,
      rows: changes.rows.map(changeRow),
      moreCommand: 'omni-token-audit tokens --format csv',
    },
  ];
}

function changeRow({ tokenId, token, before, after }: RegisterChange): MailRow {
  const textOf = (entry: RegisterEntry | null) => entryText(entry, token?.membershipId ?? null, token?.owner ?? null);
  return {
    ...plainRow,
    title: token === null ? 'A token that no audit has seen' : quoted(token.name),
    facts: [`${textOf(before)} → ${textOf(after)}`],
    smallPrint: [`id ${visible(tokenId)}`],
  };
}

/** What must not be overlooked: the register could not be used. */
export function registerAlerts({ problem, isInEffect }: RegisterReport): string[] {
  if (problem === null) return [];
  const counts = isInEffect ? 'Its last good state counts.' : 'It has no good state that counts.';
  const hint = problem.hint === '' ? '' : ` What to do: ${visible(problem.hint, 200)}.`;
  return [`The register of tokens could not be used: ${visibleWithoutLinks(problem.problem, 300)}. ${counts}${hint}`];
}

export function registerNotes({ wasTakenAway, startedWith, isReadableAgain }: RegisterReport): string[] {
  if (startedWith !== null) return [`The register is in effect from now on, with ${plural(startedWith, 'row')}.`];
  if (isReadableAgain) return ['The register can be read again.'];
  if (!wasTakenAway) return [];
  return ['TOKEN_REGISTER_FILE is no longer set, so the register has no effect, and its findings were closed.'];
}

/** Rows that are about no token, for summaries. */
export function orphanNotes({ count, ids }: RunTotals['registerOrphans']): string[] {
  if (count === 0) return [];
  const more = count > ids.length ? ` and ${count - ids.length} more` : '';
  const are =
    count === 1 ? 'row of the register is about a token that does' : 'rows of the register are about tokens that do';
  return [
    `${count} ${are} not exist: ${ids.map((id) => visible(id)).join(', ')}${more}. Remove ${count === 1 ? 'it' : 'them'}.`,
  ];
}
