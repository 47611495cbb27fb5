// Writes the tables of docs/findings.md from the catalogue of findings.
import { readFileSync, writeFileSync } from 'node:fs';
import {
  catalogueEntry,
  conditionSeverity,
  eventSeverity,
  type FindingKind,
  findingKinds,
  isConditionKind,
} from '../src/rules/catalogue.ts';

const file = new URL('../docs/findings.md', import.meta.url);
const tables = /(?<=<!-- tables -->\n)[\s\S]*(?=<!-- end of tables -->)/;

/** `organization high, other medium` for what depends on the type, `low, medium, high` for what rises. */
function severityInWords(kind: FindingKind): string {
  if (isConditionKind(kind)) return [...new Set([0, 1, 2].map((rank) => conditionSeverity(kind, rank)))].join(', ');
  const [ofKeys, ofOthers] = [eventSeverity(kind, 'organization'), eventSeverity(kind, 'mcp')];
  return ofKeys === ofOthers ? ofKeys : `organization ${ofKeys}, other ${ofOthers}`;
}

function table(heading: string, kinds: readonly FindingKind[]): string {
  const rows = kinds.map((kind) => {
    const { title, why, relatesTo } = catalogueEntry(kind);
    return `| \`${kind}\` | ${severityInWords(kind)} | ${title} | ${why} | ${relatesTo ?? '–'} |`;
  });
  return [`| ${heading} | severity | called | why it matters | relates to |`, '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** The page as it is to be: its own prose, with tables of what the program knows. */
export function findingsPage(): string {
  const events = findingKinds.filter((kind) => !isConditionKind(kind));
  const content = `\n${table('event', events)}\n\n${table('condition', findingKinds.filter(isConditionKind))}\n\n`;
  return readFileSync(file, 'utf8').replace(tables, () => content);
}

if (import.meta.main) writeFileSync(file, findingsPage());
