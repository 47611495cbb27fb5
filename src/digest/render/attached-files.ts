import type { OwnedToken } from '../../history/run-report.ts';
import type { Attachment } from '../../mail/message.ts';
import type { Finding, FindingOwner, FindingToken, HeldToken } from '../../rules/finding.ts';
import type { CsvCell } from '../../text/csv.ts';
import { csvFile } from '../../text/csv-file.ts';
import { ageInDays } from '../../time/duration.ts';
import { findingDetail } from '../wording.ts';

const tokenHeadings = ['token id', 'name', 'type', 'enabled', 'created', 'days'];
const ownerHeadings = ['membership', 'owner', 'user name', 'account'];
const contentType = 'text/csv';

/** Every finding of a mail; an owner's has a row for each of the owner's tokens. `now`: the time of the run. */
export function findingsFile(findings: Iterable<Finding>, now: Date, moreCommand: string): Attachment {
  const headings = ['severity', 'kind', 'transition', 'detail', ...tokenHeadings, ...ownerHeadings];
  return { fileName: 'findings.csv', contentType, content: csvFile(headings, rowsOf(findings, now), moreCommand) };
}

/** The full list, for an access review. */
export function tokensFile(tokens: Iterable<OwnedToken>, now: Date, moreCommand: string): Attachment {
  const headings = [...tokenHeadings, ...ownerHeadings];
  return { fileName: 'tokens.csv', contentType, content: csvFile(headings, tokenRows(tokens, now), moreCommand) };
}

function* tokenRows(tokens: Iterable<OwnedToken>, now: Date): Generator<CsvCell[]> {
  for (const { token, owner } of tokens) {
    yield [...tokenCells(token, token.enabled, now), ...ownerCells(token.membershipId, owner)];
  }
}

function* rowsOf(findings: Iterable<Finding>, now: Date): Generator<CsvCell[]> {
  for (const finding of findings) {
    const { severity, kind, transition, subject, detail } = finding;
    const told: CsvCell[] = [severity, kind, transition, findingDetail(finding)];
    if (subject.type !== 'owner') {
      const { token, owner } = finding;
      yield [...told, ...tokenCells(token, null, now), ...ownerCells(token?.membershipId ?? null, owner)];
      continue;
    }
    const held: readonly (HeldToken | null)[] = detail.tokens?.length ? detail.tokens : [null];
    for (const token of held) {
      const cells = tokenCells(token, token?.enabled ?? null, now);
      yield [...told, ...cells, ...ownerCells(subject.id, detail.owner ?? null)];
    }
    const missing = (detail.tokenCount ?? 0) - (detail.tokens?.length ?? 0);
    if (missing > 0) {
      const note: CsvCell[] = [
        `and ${missing} more: omni-token-audit tokens`,
        ...tokenHeadings.slice(1).map(() => null),
      ];
      yield [...told, ...note, ...ownerCells(subject.id, detail.owner ?? null)];
    }
  }
}

function tokenCells(token: FindingToken | HeldToken | null, enabled: boolean | null, now: Date): CsvCell[] {
  if (token === null) return tokenHeadings.map(() => null);
  const { id, name, type, createdAt } = token;
  return [id, name, type, enabled, createdAt, ageInDays(createdAt, now)];
}

function ownerCells(membershipId: string | null, owner: FindingOwner | null): CsvCell[] {
  return [membershipId, owner?.displayName ?? null, owner?.userName ?? null, owner?.state ?? null];
}
