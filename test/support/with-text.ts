/** Fields whose text somebody outside this program chose. */
const chosenByOthers = [
  'name',
  'tokenName',
  'displayName',
  'userName',
  'type',
  'organizationName',
  'before',
  'after',
  'value',
  'reason',
  'by',
  'recipient',
  'problem',
  'hint',
  'error',
  'newRecordFields',
] as const;

/**
 * The same facts with `text` wherever somebody outside this program chose the words: names, types, reasons,
 * errors. MCP grants keep their type, so that the commands that delete them stay.
 */
export function withText<Facts>(facts: Facts, text: string, fields: readonly string[] = chosenByOthers): Facts {
  return JSON.parse(JSON.stringify(facts), (key, value: unknown) => {
    if (Array.isArray(value)) return fields.includes(key) ? value.map(() => text) : value;
    if (typeof value === 'string') return fields.includes(key) && key !== 'type' ? text : value;
    return fields.includes('type') && hasTypeOfToken(value) && value.type !== 'mcp' ? { ...value, type: text } : value;
  });
}

/** A token, or the tokens of one type. The subject of a finding has a type too, but one of ours. */
function hasTypeOfToken(value: unknown): value is { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && ('createdAt' in value || 'count' in value);
}
