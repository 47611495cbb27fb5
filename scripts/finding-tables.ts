// Writes the tables of docs/findings.md from the catalogue of findings.
import { readFileSync, writeFileSync } from 'node:fs';
import {
  catalogueEntry,
  conditionSeverity,
  type EventAbout,
  eventSeverity,
  type FindingKind,
  findingKinds,
  isConditionKind,
} from '../src/rules/catalogue.ts';

const file = new URL('../docs/findings.md', import.meta.url);
const tables = /(?<=<!-- tables -->\n)[\s\S]*(?=<!-- end of tables -->)/;

/** The controls that auditors cite for each kind. They are not a claim of compliance, and no mail shows them. */
const relatesTo: Partial<Record<FindingKind, string>> = {
  'owner-deactivated': 'PCI DSS v4.0.1 8.2.5, OWASP NHI1',
  'owner-missing': 'PCI DSS v4.0.1 8.2.5, OWASP NHI1',
  'credential-changed': 'NIST SP 800-53r5 AC-2(4)',
  'token-identity-changed': 'NIST SP 800-53r5 AC-2(4)',
  'token-created': 'NIST SP 800-53r5 AC-2(4)',
  'token-enabled': 'NIST SP 800-53r5 AC-2(4)',
  'token-reappeared': 'NIST SP 800-53r5 AC-2(4)',
  'type-first-seen': 'CIS Controls v8 5.1',
  'token-renamed': 'NIST SP 800-53r5 AC-2(4)',
  'token-disabled': 'NIST SP 800-53r5 AC-2(4)',
  'token-removed': 'NIST SP 800-53r5 AC-2(4)',
  'token-rotated': 'CIS AWS Foundations 2.12 / 1.14, NIST SP 800-53r5 AC-2(4)',
  'owner-external': 'OWASP NHI5, PCI DSS v4.0.1 7.2.4',
  'owner-role-raised': 'NIST SP 800-53r5 AC-6(7), OWASP NHI5',
  'mcp-client-new': 'CIS Controls v8 5.1',
  'revocation-pending': 'PCI DSS v4.0.1 7.2.5.1, OWASP NHI1',
  'token-unregistered': 'PCI DSS v4.0.1 7.2.4 and 7.2.5.1, OWASP NHI9',
  'review-overdue': 'PCI DSS v4.0.1 7.2.4, CIS Controls v8 5.1',
  'token-stale': 'CIS AWS Foundations 2.12 / 1.14, OWASP NHI7',
  'token-type-unknown': 'CIS Controls v8 5.1',
  'token-disabled-lingering': 'PCI DSS v4.0.1 8.2.6',
  'owner-idle': 'CIS Controls v8 5.3, NIST SP 800-53r5 AC-2(3)',
};

/** What can raise the severity of an event, in words. */
const circumstances: [words: string, about: Partial<EventAbout>][] = [
  ['for an organization key', { tokenType: 'organization' }],
  ['if the owner is a connection admin', { isConnectionAdmin: true }],
  ['with fewer rights', { isReduced: true }],
];

/** Returns, for example, `high for an organization key, else medium` for an event, and `low, medium` for a condition. */
function severityInWords(kind: FindingKind): string {
  if (isConditionKind(kind)) return [...new Set([0, 1, 2].map((rank) => conditionSeverity(kind, rank)))].join(', ');
  const usual = { tokenType: 'mcp', isReduced: false, isConnectionAdmin: false, isApproved: false };
  const otherwise = eventSeverity(kind, usual);
  const raised = circumstances.filter(([, about]) => eventSeverity(kind, { ...usual, ...about }) !== otherwise);
  const [first] = raised;
  if (first === undefined) return otherwise;
  const severity = eventSeverity(kind, { ...usual, ...first[1] });
  const approved =
    eventSeverity(kind, { ...usual, isApproved: true }) === otherwise ? '' : '; info if the register approves it';
  return `${severity} ${raised.map(([words]) => words).join(' or ')}, else ${otherwise}${approved}`;
}

function table(heading: string, kinds: readonly FindingKind[]): string {
  const rows = kinds.map((kind) => {
    const { title, why } = catalogueEntry(kind);
    return `| \`${kind}\` | ${severityInWords(kind)} | ${title} | ${why} | ${relatesTo[kind] ?? '–'} |`;
  });
  return [`| ${heading} | severity | title | why it matters | relates to |`, '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** Returns the page with its own prose and the tables of the catalogue. */
export function findingsPage(): string {
  const events = findingKinds.filter((kind) => !isConditionKind(kind));
  const content = `\n${table('event', events)}\n\n${table('condition', findingKinds.filter(isConditionKind))}\n\n`;
  return readFileSync(file, 'utf8').replace(tables, () => content);
}

if (import.meta.main) writeFileSync(file, findingsPage());
