import type { OwnedToken } from '../../history/report.ts';
import type { Attachment } from '../../mail/message.ts';
import { isPowerless } from '../../rules/catalogue.ts';
import { type Finding, type FindingToken, ownerFacts } from '../../rules/finding.ts';
import type { FindingOwner } from '../../rules/owner.ts';
import { isSelfReview, type RegisterEntry } from '../../rules/register.ts';
import type { OwnersToken } from '../../rules/token.ts';
import { type CsvCell, csvFile } from '../../text/csv.ts';
import { ageInDays } from '../../time/duration.ts';
import { tokenRole } from '../role-wording.ts';
import { findingDetail } from '../wording.ts';

const tokenHeadings = ['token id', 'name', 'type', 'enabled', 'created', 'days'];
const ownerHeadings = ['membership', 'owner', 'user name', 'account', 'role'];
const registerHeadings = [
  'responsible',
  'purpose',
  'ticket',
  'review by',
  'decision',
  'decided by',
  'decided on',
  'self-review',
];

/** Every finding of a mail; an owner's has a row for each of the owner's tokens. `now`: the time of the run. */
export function findingsFile(findings: Iterable<Finding>, now: Date, moreCommand: string): Attachment {
  const headings = [
    'severity',
    'kind',
    'transition',
    'detail',
    ...tokenHeadings,
    ...ownerHeadings,
    ...registerHeadings,
  ];
  return { fileName: 'findings.csv', content: csvFile(headings, rowsOf(findings, now), moreCommand) };
}

/** The full list, for an access review. */
export function tokensFile(tokens: Iterable<OwnedToken>, now: Date, moreCommand: string): Attachment {
  const headings = [...tokenHeadings, ...ownerHeadings, ...registerHeadings];
  return { fileName: 'tokens.csv', content: csvFile(headings, tokenRows(tokens, now), moreCommand) };
}

function* tokenRows(tokens: Iterable<OwnedToken>, now: Date): Generator<CsvCell[]> {
  for (const { token, owner, register } of tokens) {
    const role = token.enabled ? tokenRole(token.type, owner, now) : null;
    yield [
      ...tokenCells(token, token.enabled, now),
      ...ownerCells(token.membershipId, owner, role),
      ...registerCells(register, token.membershipId, owner),
    ];
  }
}

function* rowsOf(findings: Iterable<Finding>, now: Date): Generator<CsvCell[]> {
  for (const finding of findings) {
    const { severity, kind, transition, subject, token, owner, register } = finding;
    const common: CsvCell[] = [severity, kind, transition, findingDetail(finding, 'UTC')];
    const roleOf = (type = '') => tokenRole(type, owner, now);
    if (subject.type !== 'owner') {
      yield [
        ...common,
        ...tokenCells(token, null, now),
        ...ownerCells(token?.membershipId ?? null, owner, isPowerless(kind) ? null : roleOf(token?.type)),
        ...registerCells(register, token?.membershipId ?? null, owner),
      ];
      continue;
    }
    const { tokens = [], tokenCount = 0 } = ownerFacts(finding) ?? {};
    const held: readonly (OwnersToken | null)[] = tokens.length > 0 ? tokens : [null];
    for (const each of held) {
      yield [
        ...common,
        ...tokenCells(each, each?.enabled ?? null, now),
        ...ownerCells(subject.id, owner, roleOf(each?.type)),
        ...noRegisterCells,
      ];
    }
    const missing = tokenCount - tokens.length;
    if (missing > 0) {
      const note: CsvCell[] = [
        `and ${missing} more: omni-token-audit tokens`,
        ...tokenHeadings.slice(1).map(() => null),
      ];
      yield [...common, ...note, ...ownerCells(subject.id, owner, roleOf()), ...noRegisterCells];
    }
  }
}

function tokenCells(token: FindingToken | OwnersToken | null, enabled: boolean | null, now: Date): CsvCell[] {
  if (token === null) return tokenHeadings.map(() => null);
  const { id, name, type, createdAt } = token;
  return [id, name, type, enabled, createdAt, ageInDays(createdAt, now)];
}

/** @param role what the token can do; null: nothing, or that is not known */
function ownerCells(membershipId: string | null, owner: FindingOwner | null, role: string | null): CsvCell[] {
  return [membershipId, owner?.displayName ?? null, owner?.userName ?? null, owner?.state ?? null, role];
}

const noRegisterCells: CsvCell[] = registerHeadings.map(() => null);

function registerCells(
  register: RegisterEntry | null,
  membershipId: string | null,
  owner: FindingOwner | null,
): CsvCell[] {
  if (register === null) return noRegisterCells;
  const { responsible, purpose, ticket, reviewBy, decision, decidedBy, decidedOn } = register;
  const isSelf = isSelfReview(register, { membershipId, owner });
  return [responsible, purpose, ticket, reviewBy, decision, decidedBy, decidedOn, isSelf ? 'self-review' : null];
}
