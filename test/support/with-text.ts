/** Fields with untrusted text. */
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
 * Returns the same facts with `text` in every field that contains untrusted text: names, types, reasons, errors.
 * MCP grants keep their type, so that mails still show the commands that delete them.
 */
export function withText<Facts>(facts: Facts, text: string, fields: readonly string[] = chosenByOthers): Facts {
  return JSON.parse(JSON.stringify(facts), (key, value: unknown) => {
    if (Array.isArray(value)) return fields.includes(key) ? value.map(() => text) : value;
    if (typeof value === 'string') return fields.includes(key) && key !== 'type' ? text : value;
    return fields.includes('type') && hasTypeOfToken(value) && value.type !== 'mcp' ? { ...value, type: text } : value;
  });
}

/** Returns whether it is a token, or the tokens of one type. The subject of a finding also has a type, but one of ours. */
function hasTypeOfToken(value: unknown): value is { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && ('createdAt' in value || 'count' in value);
}
